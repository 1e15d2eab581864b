//! The frame around each page: counts and menus, put together from all capabilities.

use access::Permission;
use base::Result;
use db::Reader;
use futures::future::BoxFuture;
use web::{Ctx, Nav, NavGroup, ShellCounts, ShellSource, Tab};

/// Counts and menus of this program.
pub struct ProgramShell;

impl ShellSource for ProgramShell {
    fn counts<'a>(
        &'a self,
        reader: &'a mut Reader,
        ctx: &'a Ctx,
    ) -> BoxFuture<'a, Result<ShellCounts>> {
        Box::pin(async move {
            let unread = messages::unread(reader, &messages::boxes(ctx)).await?;
            let todo = match ctx.actor.org() {
                Some(org) => approvals::waiting_here(reader, org.id, ctx.now()).await?,
                None => 0,
            };
            let work = match ctx.actor.person() {
                Some(person) => db::overview::news(reader, person, ctx.now()).await?,
                None => Vec::new(),
            };
            Ok(ShellCounts { todo, unread, work })
        })
    }

    fn console_nav(&self, ctx: &Ctx) -> Vec<NavGroup> {
        let Some(own) = ctx.actor.org() else {
            return Vec::new();
        };
        let may = |permission| ctx.actor.may(permission, own);
        let look = |permission| ctx.actor.may_look(permission, own);
        let mut groups = vec![NavGroup {
            title: "",
            entries: vec![
                Nav::new("/console", "layout-dashboard", "工作台"),
                Nav::new("/console/inbox", "inbox", "待办审核"),
            ],
        }];
        let mut entries = vec![Nav::new("/console/orgs", "sitemap", "组织树")];
        if may(Permission::CreateSubordinates) {
            entries.push(Nav::new(
                "/console/subordinates",
                "list-check",
                "管理下级组织",
            ));
            entries.push(Nav::new("/console/codes", "key", "管理员注册码"));
        }
        if look(Permission::ViewProgress) {
            entries.push(Nav::new("/console/progress", "chart-pie", "录入进度"));
            entries.push(Nav::new("/console/health", "clipboard-check", "组织体检"));
        }
        entries.push(Nav::new("/console/statistics", "chart-arrows", "数据统计"));
        if look(Permission::EditOrg) {
            entries.push(Nav::new("/console/info", "building", "基本资料"));
            if may(Permission::EditOrg) && ctx.app.policy::<orgs::Policy>().alias_max > 0 {
                entries.push(Nav::new("/console/alias", "brand-wechat", "企业微信名称"));
            }
            entries.push(Nav::new("/console/changes", "git-merge", "组织变更"));
            entries.push(Nav::new(
                "/console/administrators",
                "user-star",
                "管理员变更",
            ));
        }
        if may(Permission::RemoveSubordinates) {
            entries.push(Nav::new("/console/recycle", "trash", "回收站"));
        }
        if look(Permission::ViewGrants) {
            entries.push(Nav::new("/console/grants", "shield-lock", "角色与权限"));
        }
        groups.push(NavGroup {
            title: "组织",
            entries,
        });
        let mut entries = vec![
            Nav::new(
                "/console/members",
                "users",
                people::roster_title(own, ctx.app.policy()),
            ),
            Nav::new("/console/cadres", "user-star", "团干部"),
            Nav::new("/console/leaving", "users-minus", "满28岁离团"),
            Nav::new("/console/filings", "clipboard-list", "团籍变动"),
        ];
        let accounts = ctx.app.policy::<accounts::Policy>();
        if may(Permission::SetOperators)
            && accounts.organisations == accounts::Organisations::OrgAccount
        {
            entries.push(Nav::new("/console/operators", "user-check", "运营者"));
        }
        if may(Permission::EditOrg) {
            let title = if may(Permission::EnterMembers) {
                "报到核对"
            } else {
                "无法注册登记"
            };
            entries.push(Nav::new("/console/arrivals", "list-check", title));
        }
        if may(Permission::EnterMembers) || may(Permission::CreateSubordinates) {
            entries.push(Nav::new(
                "/console/import/members",
                "table-import",
                "批量导入",
            ));
        }
        if may(Permission::ResetPasswords) && ctx.app.policy::<accounts::Policy>().reset.by_code {
            entries.push(Nav::new("/console/resets", "key", "重置密码"));
        }
        groups.push(NavGroup {
            title: "人员",
            entries,
        });
        if look(Permission::ViewTransfers) {
            groups.push(NavGroup {
                title: "团务",
                entries: vec![Nav::new(
                    "/console/transfers",
                    "arrows-exchange",
                    "关系转接",
                )],
            });
        }
        groups
    }

    fn tabs(&self, ctx: &Ctx) -> Vec<Tab> {
        let tab = |href, icon, label| Tab {
            href,
            icon,
            label,
            count: 0,
            current: false,
        };
        if ctx.port() == access::Port::Cadre {
            return vec![
                tab("/cadre", "inbox", "待办"),
                tab("/cadre/org", "sitemap", "组织"),
                tab("/cadre/messages", "message-circle", "消息"),
                tab("/console", "layout-dashboard", "管理后台"),
                tab("/member", "user", "我的"),
            ];
        }
        let mut tabs = vec![
            tab("/member", "home", "首页"),
            tab("/member/transfers", "arrows-exchange", "转接"),
            tab("/member/messages", "message-circle", "消息"),
            tab("/member/me", "user", "我的"),
        ];
        if ctx.actor.acting.is_some() {
            tabs.push(tab("/cadre", "inbox", "审核"));
        }
        tabs
    }
}
