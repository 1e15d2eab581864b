//! Pages and submissions of the accounts.

mod account;
mod api;
mod appeal;
mod arrivals;
mod asking;
mod auditors;
mod binding;
mod by_sms;
mod codes;
mod declare;
mod deputies;
mod employ;
mod employ_shell;
mod fault;
mod find_org;
mod first;
mod founding;
mod four_eyes;
mod grants;
mod holder;
mod joining;
mod login;
mod opening;
mod operators;
mod passkey;
mod phone;
mod photos;
pub(crate) mod proof;
mod redeem;
mod register;
mod reporting;
mod reset;
mod reset_list;
mod review;
mod rights;
mod second;
mod security;
mod stopping;
mod switch;

use access::Permission;
use web::{Access, Routes};

/// Refuses what only an SMS can prove where none can be sent; pages do not lead there then (ACC-76).
fn need_sms(policy: &crate::Policy) -> base::Result<()> {
    if policy.sms {
        return Ok(());
    }
    Err(base::Error::refused(
        "sms.none",
        "本系统还没有开通短信，这项办理暂时不能进行。请联系所在团支部或直接上级组织的管理员。",
    ))
}

/// All routes of the accounts.
pub fn routes() -> Routes {
    Routes::new()
        .get("/login", Access::Public, login::show)
        .post("/login", Access::Public, login::submit)
        .get("/login/sms", Access::Public, by_sms::ask)
        .post("/login/sms", Access::Public, by_sms::sign_in)
        .post("/login/sms/code", Access::Public, by_sms::send)
        .get("/login/passkey", Access::Public, passkey::ask)
        .post("/login/passkey", Access::Public, passkey::sign_in)
        .get("/login/{kind}", Access::Public, binding::start)
        .get("/login/{kind}/back", Access::Public, binding::back)
        .get_proved("/account/binding/{kind}", Access::SignedIn, binding::show)
        .post_proved(
            "/account/binding/{kind}",
            Access::SignedIn,
            binding::release,
        )
        .post_proved(
            "/account/binding/{kind}/code",
            Access::SignedIn,
            binding::send,
        )
        .get_proved(
            "/account/binding/{kind}/begin",
            Access::SignedIn,
            binding::begin,
        )
        .get(
            "/account/binding/{kind}/back",
            Access::SignedIn,
            binding::bound,
        )
        .get("/demo/authorise", Access::Demo, binding::authorise)
        .post("/logout", Access::SignedIn, login::logout)
        .get("/account", Access::SignedIn, account::show)
        .post(
            "/account/password",
            Access::SignedIn,
            account::change_password,
        )
        .post(
            "/account/sessions/end",
            Access::SignedIn,
            account::end_sessions,
        )
        .post("/account/theme", Access::SignedIn, account::choose_theme)
        .get("/account/ask", Access::SignedIn, asking::show)
        .post("/account/ask", Access::SignedIn, asking::submit)
        .get("/account/purpose", Access::SignedIn, auditors::ask)
        .post("/account/purpose", Access::SignedIn, auditors::state)
        .get("/account/rights", Access::SignedIn, rights::show)
        .get("/account/rights.json", Access::SignedIn, rights::machine)
        .get_proved("/account/phone", Access::SignedIn, phone::show)
        .post_proved("/account/phone", Access::SignedIn, phone::submit)
        .post_proved("/account/phone/old", Access::SignedIn, phone::send_old)
        .post_proved("/account/phone/new", Access::SignedIn, phone::send_new)
        .get("/account/first", Access::SignedIn, first::show)
        .post("/account/first", Access::SignedIn, first::submit)
        .post("/account/first/code", Access::SignedIn, first::send_own)
        .post(
            "/account/first/guardian",
            Access::SignedIn,
            first::send_guardian,
        )
        .get("/account/second", Access::SignedIn, second::show)
        .post("/account/second", Access::SignedIn, second::submit)
        .post("/account/second/code", Access::SignedIn, second::send)
        .post("/account/second/passkey", Access::SignedIn, passkey::second)
        .get("/account/passkeys", Access::SignedIn, passkey::show)
        .post("/account/passkeys", Access::SignedIn, passkey::add)
        .post_proved(
            "/account/passkeys/remove",
            Access::SignedIn,
            passkey::remove,
        )
        .get("/account/authenticator", Access::SignedIn, second::about)
        .post("/account/authenticator", Access::SignedIn, second::confirm)
        .post(
            "/account/authenticator/begin",
            Access::SignedIn,
            second::begin,
        )
        .get("/account/switch", Access::SignedIn, switch::show)
        .post("/account/switch", Access::SignedIn, switch::submit)
        .get_proved("/account/redeem", Access::SignedIn, redeem::show)
        .post_proved("/account/redeem", Access::SignedIn, redeem::submit)
        .get("/account/proof", Access::SignedIn, proof::show)
        .post_proved("/account/proof", Access::SignedIn, proof::give)
        .get("/employ", Access::Public, employ::mine)
        .get("/employ/login", Access::Public, employ::show)
        .post("/employ/login", Access::Public, employ::by_password)
        .post("/employ/mini-program", Access::Public, employ::by_phone)
        .get("/employ/register", Access::Public, employ::registration)
        .post("/employ/register", Access::Public, employ::register)
        .post("/employ/register/code", Access::Public, employ::send)
        .get("/employ/declare", Access::Public, declare::show)
        .post("/employ/declare", Access::Public, declare::come)
        .post("/employ/declare/code", Access::Public, declare::send)
        .get("/employ/consent", Access::SignedIn, employ::consent)
        .post("/employ/consent", Access::SignedIn, employ::agree)
        .post(
            "/employ/sessions/end",
            Access::SignedIn,
            account::end_sessions,
        )
        .post(
            "/api/mini-program/sign-in",
            Access::Public,
            employ_shell::sign_in,
        )
        .post(
            "/api/mini-program/renew",
            Access::Public,
            employ_shell::renew,
        )
        .get("/api/mini-program/me", Access::Public, employ_shell::me)
        .post(
            "/api/mini-program/ticket",
            Access::Public,
            employ_shell::ticket,
        )
        .post(
            "/api/mini-program/sign-out",
            Access::Public,
            employ_shell::sign_out,
        )
        .get("/api/v1/orgs/{number}", Access::Public, api::org)
        .get(
            "/api/v1/orgs/{number}/figures",
            Access::Public,
            api::figures,
        )
        .get("/employ/enter", Access::Public, employ_shell::enter)
        .get("/demo/mini-program", Access::Demo, employ::demo)
        .post("/demo/mini-program", Access::Demo, employ::demo_number)
        .get("/register", Access::Public, register::choose)
        .get("/register/admin", Access::Public, register::admin)
        .post("/register/admin", Access::Public, register::admin_step)
        .get("/register/admin/done", Access::Public, register::admin_done)
        .get("/register/member", Access::Public, joining::show)
        .post("/register/member", Access::Public, joining::submit)
        .get("/register/member/done", Access::Public, joining::done)
        .get("/register/mine", Access::Own, joining::mine)
        .post("/register/mine", Access::Own, joining::resubmit)
        .post("/register/mine/withdraw", Access::Own, joining::withdraw)
        .post("/register/account", Access::Public, opening::create)
        .post("/register/report", Access::Own, reporting::save)
        .post("/register/report/send", Access::Own, reporting::send)
        .post("/register/report/photo", Access::Own, reporting::photo)
        .get("/account/photo", Access::SignedIn, photos::own)
        .get(
            "/console/registrations/{id}/photo",
            Access::Needs(Permission::ApproveRegistrations),
            photos::applicants,
        )
        .get("/register/org", Access::Public, founding::show)
        .post("/register/org", Access::Public, founding::submit)
        .get("/register/org/{number}", Access::Public, founding::done)
        .get(
            "/console/codes/org",
            Access::Needs(Permission::CreateSubordinates),
            founding::codes,
        )
        .post_proved(
            "/console/codes/org",
            Access::Needs(Permission::CreateSubordinates),
            founding::generate,
        )
        .get(
            "/console/codes/org/export",
            Access::Needs(Permission::CreateSubordinates),
            founding::export,
        )
        .get(
            "/console/arrivals",
            Access::Needs(Permission::ViewPeople),
            arrivals::show,
        )
        .post(
            "/console/arrivals",
            Access::Needs(Permission::ViewPeople),
            arrivals::act,
        )
        .get("/find-org", Access::Public, find_org::show)
        .post("/find-org/code", Access::Public, find_org::send)
        .post("/find-org", Access::Public, find_org::look)
        .get("/account/holder", Access::SignedIn, holder::show)
        .post_proved("/account/holder", Access::SignedIn, holder::submit)
        .post("/account/holder/code", Access::SignedIn, holder::send)
        .get("/appeal", Access::Public, appeal::show)
        .post("/appeal/code", Access::Public, appeal::code)
        .post("/appeal", Access::Public, appeal::submit)
        .get("/appeal/follow", Access::Public, appeal::follow)
        .post("/appeal/follow", Access::Public, appeal::act)
        .get(
            "/console/appeals/{id}/{side}",
            Access::Needs(Permission::ResetPasswords),
            appeal::photo,
        )
        .get("/forgot", Access::Public, reset::forgot)
        .post("/forgot", Access::Public, reset::set)
        .post("/forgot/code", Access::Public, reset::send)
        .get(
            "/console/resets",
            Access::Needs(Permission::ResetPasswords),
            reset_list::show,
        )
        .post_proved(
            "/console/resets",
            Access::Needs(Permission::ResetPasswords),
            reset_list::submit,
        )
        .get(
            "/console/people/{id}/reset",
            Access::Needs(Permission::ViewPeople),
            reset::ask,
        )
        .post_proved(
            "/console/people/{id}/reset",
            Access::Needs(Permission::ResetPasswords),
            reset::issue,
        )
        .post_proved(
            "/console/people/{id}/second",
            Access::Needs(Permission::ResetPasswords),
            reset::take_second_away,
        )
        .get(
            "/console/people/{id}/account",
            Access::Needs(Permission::ResetPasswords),
            stopping::show,
        )
        .post_proved(
            "/console/people/{id}/account",
            Access::Needs(Permission::ResetPasswords),
            stopping::act,
        )
        .post_proved(
            "/console/people/{id}/account/state",
            Access::Needs(Permission::StopAccounts),
            stopping::set_state,
        )
        .get(
            "/console/security",
            Access::Needs(Permission::ViewGrants),
            security::own,
        )
        .get(
            "/console/security/all",
            Access::Needs(Permission::ViewSystem),
            security::all,
        )
        .get(
            "/console/grants",
            Access::Needs(Permission::ViewGrants),
            grants::show,
        )
        .get(
            "/console/grants/export",
            Access::Needs(Permission::ViewGrants),
            grants::export,
        )
        .get(
            "/console/four-eyes",
            Access::Needs(Permission::ManageGrants),
            four_eyes::show,
        )
        .post_proved(
            "/console/four-eyes",
            Access::Needs(Permission::ManageGrants),
            four_eyes::submit,
        )
        .get(
            "/console/review",
            Access::Needs(Permission::ViewGrants),
            review::show,
        )
        .post_proved(
            "/console/review",
            Access::Needs(Permission::ReviewGrants),
            review::submit,
        )
        .get(
            "/console/deputies",
            Access::Needs(Permission::ViewGrants),
            deputies::show,
        )
        .post_proved(
            "/console/deputies",
            Access::Needs(Permission::ManageGrants),
            deputies::submit,
        )
        .get(
            "/console/auditors",
            Access::Needs(Permission::ViewGrants),
            auditors::show,
        )
        .post_proved(
            "/console/auditors/{id}",
            Access::Needs(Permission::ViewGrants),
            auditors::decide,
        )
        .get(
            "/console/operators",
            Access::Needs(Permission::SetOperators),
            operators::show,
        )
        .post_proved(
            "/console/operators",
            Access::Needs(Permission::SetOperators),
            operators::submit,
        )
        .get(
            "/console/operators/log",
            Access::Needs(Permission::SetOperators),
            operators::log,
        )
        .get(
            "/console/codes",
            Access::Needs(Permission::CreateSubordinates),
            codes::show,
        )
        .post_proved(
            "/console/codes/batch",
            Access::Needs(Permission::CreateSubordinates),
            codes::batch,
        )
        .post_proved(
            "/console/codes/credentials",
            Access::Needs(Permission::CreateSubordinates),
            codes::all_credentials,
        )
        .post_proved(
            "/console/codes/{id}/issue",
            Access::Needs(Permission::ManageCodes),
            codes::issue,
        )
        .post(
            "/console/codes/{id}/show",
            Access::Needs(Permission::ManageCodes),
            codes::show_one,
        )
        .post(
            "/console/codes/{id}/void",
            Access::Needs(Permission::ManageCodes),
            codes::void,
        )
        .post_proved(
            "/console/codes/{id}/credentials",
            Access::Needs(Permission::ManageCodes),
            codes::credentials,
        )
}
