//! The permission table as it is printed stands in docs/access-matrix.md; a change shows in review.

#[test]
fn acc_71_the_printed_permission_table_is_the_one_the_server_decides_by() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/access-matrix.md");
    let printed = format!(
        "# 权限表\n\n由 `tuanjian access-matrix` 打印；● 可办，◐ 可申请，○ 可看，· 不可。\n\n{}",
        tuanjian::commands::access_matrix()
    );
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &printed).unwrap();
    }
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(
        kept, printed,
        "run ./test --bless after a wanted change of the permission table"
    );
}
