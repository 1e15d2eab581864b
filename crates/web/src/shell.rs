use crate::{App, Ctx, ShellCounts, Theme, form};
use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use base::{Random, china_time, text};

/// An entry of the console's menu.
#[derive(Clone, Debug)]
pub struct Nav {
    /// Where it leads.
    pub href: &'static str,
    /// Tabler icon.
    pub icon: &'static str,
    /// Text.
    pub label: &'static str,
    /// Number beside it; 0 hides it.
    pub count: i64,
    /// Whether this is the present page; set by the shell.
    pub current: bool,
}

impl Nav {
    /// An entry without number.
    pub fn new(href: &'static str, icon: &'static str, label: &'static str) -> Self {
        Self {
            href,
            icon,
            label,
            count: 0,
            current: false,
        }
    }
}

/// A titled group of the console's menu; the first has no title.
#[derive(Clone, Debug)]
pub struct NavGroup {
    /// Title.
    pub title: &'static str,
    /// Entries.
    pub entries: Vec<Nav>,
}

/// A tab of a phone port.
#[derive(Clone, Debug)]
pub struct Tab {
    /// Where it leads.
    pub href: &'static str,
    /// Tabler icon.
    pub icon: &'static str,
    /// Text.
    pub label: &'static str,
    /// Number on it; 0 hides it.
    pub count: i64,
    /// Whether this is the present page; set by the shell.
    pub current: bool,
}

/// The frame around a page, for the base templates: every view struct has one as `shell`.
#[derive(Clone, Debug)]
pub struct Shell {
    /// Page title.
    pub title: String,
    /// Name of the reader.
    pub user: String,
    /// First character of the name, for the avatar.
    pub initial: String,
    /// Organisation acted for, empty without one.
    pub org: String,
    /// Role in it.
    pub role: &'static str,
    /// Whether there is another organisation to switch to.
    pub can_switch: bool,
    /// Console menu.
    pub nav: Vec<NavGroup>,
    /// Phone tabs.
    pub tabs: Vec<Tab>,
    /// Waiting.
    pub todo: i64,
    /// Unread.
    pub unread: i64,
    /// The reader's background work: under way, or ended and not looked at yet (PEER-14).
    pub work: Vec<db::overview::Watched>,
    /// Invented data is shown.
    pub demo: bool,
    /// Moment of the page in China, shown in demonstrations beside the clock.
    pub moment: String,
    /// light or dark, empty as the system has it.
    pub theme: &'static str,
    /// Path of this page, to come back to.
    pub here: String,
    session: Vec<u8>,
    secret: [u8; 32],
    random: Random,
}

impl Shell {
    pub(crate) fn signed_in(
        ctx: &Ctx,
        title: &str,
        nav: Vec<NavGroup>,
        tabs: Vec<Tab>,
        counts: ShellCounts,
    ) -> Self {
        let acting = ctx.actor.acting.as_ref();
        Self {
            user: ctx.me.name.clone(),
            initial: ctx
                .me
                .name
                .chars()
                .next()
                .map(String::from)
                .unwrap_or_default(),
            org: acting.map(|g| g.org_name.clone()).unwrap_or_default(),
            role: acting.map_or("团员", access::Grant::label),
            can_switch: ctx.me.grants.len() > 1,
            nav,
            tabs,
            todo: counts.todo,
            unread: counts.unread,
            work: counts.work,
            session: ctx.me.session.clone(),
            here: ctx.path().to_owned(),
            ..Self::guest(&ctx.app, title, ctx.theme())
        }
    }

    /// Background work is under way, so that its end has to be told.
    pub fn works(&self) -> bool {
        self.work.iter().any(db::overview::Watched::is_open)
    }

    /// Background work that ended and was not looked at; its own page and that of its result tell by themselves.
    pub fn ended(&self) -> impl Iterator<Item = &db::overview::Watched> {
        let told = |job: &db::overview::Watched| {
            self.here == format!("/jobs/{}", job.id) || job.link.as_deref() == Some(&self.here)
        };
        self.work
            .iter()
            .filter(move |job| !job.is_open() && !told(job))
    }

    pub(crate) fn guest(app: &App, title: &str, theme: Theme) -> Self {
        Self {
            title: title.to_owned(),
            user: String::new(),
            initial: String::new(),
            org: String::new(),
            role: "",
            can_switch: false,
            nav: Vec::new(),
            tabs: Vec::new(),
            todo: 0,
            unread: 0,
            work: Vec::new(),
            demo: app.is_demo(),
            moment: china_time(app.now()).format("%Y-%m-%d %H:%M").to_string(),
            theme: match theme {
                Theme::System => "",
                Theme::Light => "light",
                Theme::Dark => "dark",
            },
            here: String::new(),
            session: Vec::new(),
            secret: *app.form_secret(),
            random: app.db().random.clone(),
        }
    }

    /// The same with forms for the session a browser names (SEC-20).
    pub(crate) fn keyed(mut self, session: &[u8]) -> Self {
        self.session = session.to_vec();
        self
    }

    /// The hidden field every form begins with: `{{ shell.key()|safe }}`. A new one each time.
    pub fn key(&self) -> String {
        format!(
            r#"<input type="hidden" name="{}" value="{}">"#,
            form::KEY_FIELD,
            form::new_key(&self.secret, &self.session, &self.random)
        )
    }

    /// `12,846`.
    pub fn number(&self, number: &i64) -> String {
        text::thousands(*number)
    }

    /// `99+` from a hundred on (COM-07).
    pub fn badge(&self, number: &i64) -> String {
        if *number > 99 {
            "99+".into()
        } else {
            number.to_string()
        }
    }
}

/// Renders a page: `page(StatusCode::OK, &view)`; a refused form uses 422 with the same template.
pub fn page(status: StatusCode, view: &impl Template) -> crate::Result<Response> {
    let html = view
        .render()
        .map_err(|cause| base::Error::Internal(anyhow::anyhow!("template: {cause}")))?;
    Ok((status, Html(tidy(&html))).into_response())
}

/// A page without the indentation of its templates, which is an eighth of a long list. What is typed into text areas
/// and anything preformatted stays as it is.
fn tidy(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut until = None;
    let kept = ["textarea", "pre"].map(|tag| (format!("<{tag}"), format!("</{tag}>")));
    let plain = kept.iter().all(|(tag, _)| !html.contains(tag.as_str()));
    for line in html.split_inclusive('\n') {
        match until {
            None => {
                let line = line.trim_start_matches([' ', '\t', '\n', '\r']);
                out.push_str(line);
                if !plain {
                    let open = |(tag, end): &&(String, String)| {
                        line.rfind(tag.as_str()) > line.rfind(end.as_str())
                    };
                    until = kept.iter().find(open).map(|(_, end)| end.as_str());
                }
            }
            Some(end) => {
                out.push_str(line);
                if line.contains(end) {
                    until = None;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Template)]
    #[template(
        source = "{% extends \"console.html\" %}{% block main %}<h1>{{ shell.title }}</h1>{% endblock %}",
        ext = "html"
    )]
    struct Console {
        shell: Shell,
    }
    #[derive(Template)]
    #[template(
        source = "{% extends \"phone.html\" %}{% block main %}<h1>{{ shell.title }}</h1>{% endblock %}",
        ext = "html"
    )]
    struct Phone {
        shell: Shell,
    }
    #[derive(Template)]
    #[template(
        source = "{% extends \"outside.html\" %}{% block main %}{% call ui::note(\"bad\", \"alert-circle\", \"不对。\", \"请核对\") %}{% endcall %}{% endblock %}",
        ext = "html"
    )]
    struct Outside {
        shell: Shell,
    }

    fn shell() -> Shell {
        let nav = vec![NavGroup {
            title: "组织",
            entries: vec![Nav {
                count: 120,
                ..Nav::new("/console/orgs", "sitemap", "组织树")
            }],
        }];
        let tabs = vec![Tab {
            href: "/member",
            icon: "home",
            label: "首页",
            count: 2,
            current: true,
        }];
        Shell {
            title: "组织树".into(),
            user: "赵<演示>".into(),
            initial: "赵".into(),
            org: "海棠理工大学团委".into(),
            role: "组织管理员",
            can_switch: true,
            nav,
            tabs,
            todo: 0,
            unread: 1,
            work: Vec::new(),
            demo: true,
            moment: String::new(),
            theme: "",
            here: String::new(),
            session: vec![1],
            secret: [1; 32],
            random: Random::seeded(1),
        }
    }

    #[test]
    fn indentation_is_left_out_but_typed_text_is_kept() {
        assert_eq!(
            tidy("<p>\n    一 二\n\n  <b> 三</b>\n</p>\n"),
            "<p>\n一 二\n<b> 三</b>\n</p>\n"
        );
        let typed = "<textarea>第一行\n  缩进的\n\n末行</textarea>\n  <i>后</i>\n  <textarea>短</textarea>\n  <i></i>";
        assert_eq!(
            tidy(typed),
            "<textarea>第一行\n  缩进的\n\n末行</textarea>\n<i>后</i>\n<textarea>短</textarea>\n<i></i>"
        );
        assert_eq!(tidy("  <pre>\n  a\n</pre>\n  b"), "<pre>\n  a\n</pre>\nb");
    }

    #[test]
    fn frames_render_and_escape() {
        let html = Console { shell: shell() }.render().unwrap();
        assert!(
            html.contains("<h1>组织树</h1>")
                && html.contains("99+")
                && html.contains("赵&#60;演示&#62;"),
            "{html}"
        );
        assert!(html.contains("#sitemap\"></use>") && html.contains(r#"name="_key""#));
        assert!(
            Phone { shell: shell() }
                .render()
                .unwrap()
                .contains("weui-bar__item_on")
        );
        assert!(
            Outside { shell: shell() }
                .render()
                .unwrap()
                .contains("role=\"alert\"")
        );
    }
}
