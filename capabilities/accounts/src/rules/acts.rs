//! Recorded acts in the words of 运营者操作记录.

/// What an act is called.
pub(crate) fn label(action: &str) -> &'static str {
    const NAMES: [(&str, &str); 44] = [
        ("approval.passed", "审核同意"),
        ("approval.returned", "审核退回"),
        ("approval.", "办理审核"),
        ("registration.", "团员报到"),
        ("profile.", "团员资料修改"),
        ("transfer.started", "发起转接"),
        ("transfer.withdrawn", "撤回转接"),
        ("transfer.batch", "批量转接"),
        ("transfer.", "组织关系转接"),
        ("member.entered", "录入团员"),
        ("member.restored", "恢复团籍"),
        ("member.", "团籍变动"),
        ("filing.", "团籍备案"),
        ("person.unmasked", "查看完整证件号、手机号"),
        ("person.edited", "修改人员资料"),
        ("person.", "人员资料"),
        ("people.exported", "导出人员"),
        ("post.appointed", "团干部任职"),
        ("post.ended", "团干部离任"),
        ("cadre.disabled", "禁用团干部"),
        ("cadre.enabled", "启用团干部"),
        ("cadre.", "团干部"),
        ("operator.set", "设置运营者"),
        ("operator.relabelled", "修改职位标签"),
        ("operator.password_given", "重置运营者密码"),
        ("deputy.named", "指定代理人"),
        ("deputy.ended", "结束代理"),
        ("four_eyes.", "双人复核"),
        ("org.handed_over", "换届交接"),
        ("grant.given", "授予权限"),
        ("grant.ended", "收回权限"),
        ("grant.reviewed", "年度权限复核"),
        ("org.created", "创建下级组织"),
        ("org.informed", "修改组织资料"),
        ("org.alias_changed", "修改企业微信名称"),
        ("org.phone_changed", "更换联系电话"),
        ("org.deleted", "删除下级组织"),
        ("org.", "组织管理"),
        ("import.", "批量导入"),
        ("export.", "导出"),
        ("code.", "注册码"),
        ("account.password_given", "重置下级组织密码"),
        ("account.", "账号"),
        ("reset_code.", "重置密码验证码"),
    ];
    NAMES
        .iter()
        .find(|(name, _)| action == *name || (name.ends_with('.') && action.starts_with(name)))
        .map_or("其他业务", |(_, label)| label)
}
