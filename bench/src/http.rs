//! As much of HTTP/1.1 as a load generator needs: one keep-alive connection, whole answers, exact byte counts.

use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Bytes on the wire, headers included.
    pub(crate) bytes: usize,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// Sends a whole request and reads its whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).into_owned();
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .context("no status line")?;
        let mut answer = Answer {
            status,
            head,
            body: Vec::new(),
            bytes: 0,
        };
        if let Some(length) = answer.header("content-length") {
            let end = head_end + length.parse::<usize>()?;
            while self.buffer.len() < end {
                self.more().await?;
            }
            answer.body = self.buffer[head_end..end].to_vec();
            answer.bytes = end;
        } else if answer
            .header("transfer-encoding")
            .is_some_and(|v| v.contains("chunked"))
        {
            let mut at = head_end;
            loop {
                let line_end = loop {
                    if let Some(n) = find(&self.buffer[at..], b"\r\n") {
                        break at + n;
                    }
                    self.more().await?;
                };
                let size = std::str::from_utf8(&self.buffer[at..line_end])?;
                let size = usize::from_str_radix(size.split(';').next().unwrap_or("").trim(), 16)?;
                let end = line_end + 2 + size + 2;
                while self.buffer.len() < end {
                    self.more().await?;
                }
                answer
                    .body
                    .extend_from_slice(&self.buffer[line_end + 2..end - 2]);
                at = end;
                if size == 0 {
                    break;
                }
            }
            answer.bytes = at;
        } else {
            answer.bytes = head_end;
        }
        Ok(answer)
    }

    async fn more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

/// A person's browser as far as cookies go.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    cookie: String,
    /// Further headers, each with its line end.
    headers: String,
}

impl Client {
    /// Nobody yet.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            cookie: String::new(),
            headers: String::new(),
        }
    }

    /// Somebody at another address, as a proxy would tell.
    pub(crate) fn from(mut self, address: &str) -> Self {
        self.headers += &format!("x-forwarded-for: {address}\r\n");
        self
    }

    /// Somebody with a phone.
    pub(crate) fn on_phone(mut self) -> Self {
        self.headers += "user-agent: Mozilla/5.0 (Linux; Android 14) Mobile MicroMessenger/8.0\r\n";
        self
    }

    /// The bytes of a GET.
    pub(crate) fn get_request(&self, path: &str, gzip: bool) -> Vec<u8> {
        let encoding = if gzip {
            "accept-encoding: gzip\r\n"
        } else {
            ""
        };
        format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\n{encoding}{}{}\r\n",
            self.address, self.headers, self.cookie
        )
        .into_bytes()
    }

    /// Opens a page.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer> {
        Connection::open(self.address)
            .await?
            .ask(&self.get_request(path, false))
            .await
    }

    /// The bytes of a POST.
    fn post_request(&self, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: {0}\r\norigin: http://{0}\r\ncontent-type: {kind}\r\ncontent-length: {1}\r\n{2}{3}\r\n",
            self.address,
            body.len(),
            self.headers,
            self.cookie
        )
        .into_bytes();
        request.extend_from_slice(body);
        request
    }

    /// Signs in through the page everybody uses.
    pub(crate) async fn sign_in(&mut self, login: &str, password: &str) -> Result<()> {
        let page = self.get("/login").await?;
        let form = Fields::of(&page.text(), "type=\"password\"").context("no sign-in form")?;
        let answer = self
            .submit(&form, &[("", login), ("password", password)])
            .await?;
        let cookie = answer.header("set-cookie").context("sign-in was refused")?;
        let pair = cookie.split(';').next().unwrap_or("");
        self.cookie = format!("cookie: {pair}\r\n");
        Ok(())
    }

    /// The same keeping every cookie, as a browser does: also the one by which a known device is known.
    pub(crate) async fn sign_in_and_remember(&mut self, login: &str, password: &str) -> Result<()> {
        // Of the session before only the device goes along.
        let device = self
            .cookie
            .split(&[' ', ';', '\r'][..])
            .find(|pair| pair.starts_with("tj_device="))
            .unwrap_or_default()
            .to_owned();
        self.cookie = if device.is_empty() {
            String::new()
        } else {
            format!("cookie: {device}\r\n")
        };
        let page = self.get("/login").await?;
        let form = Fields::of(&page.text(), "type=\"password\"").context("no sign-in form")?;
        let answer = self
            .submit(&form, &[("", login), ("password", password)])
            .await?;
        let pairs: Vec<&str> = answer
            .head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
            .filter_map(|(_, value)| value.split(';').next())
            .collect();
        if !pairs.iter().any(|pair| pair.starts_with("tj_session=")) {
            bail!("sign-in was refused with {}", answer.status);
        }
        self.cookie = format!("cookie: {}\r\n", pairs.join("; "));
        Ok(())
    }

    /// Sends a form; a value given for the name `` goes into its first typed field.
    pub(crate) async fn submit(&self, form: &Fields, values: &[(&str, &str)]) -> Result<Answer> {
        let request = self.form_request(form, values);
        Connection::open(self.address).await?.ask(&request).await
    }

    /// The bytes of a filled form.
    pub(crate) fn form_request(&self, form: &Fields, values: &[(&str, &str)]) -> Vec<u8> {
        self.form_request_with(form, values, &[])
    }

    /// The same with values of what is no input: the button pressed, lists, longer texts.
    pub(crate) fn form_request_with(
        &self,
        form: &Fields,
        values: &[(&str, &str)],
        more: &[(&str, &str)],
    ) -> Vec<u8> {
        let mut body = String::new();
        let mut unnamed = values.iter().filter(|(name, _)| name.is_empty());
        for field in &form.fields {
            let given = values
                .iter()
                .find(|(name, _)| *name == field.name)
                .map(|(_, value)| *value);
            let value = match given {
                Some(value) => value,
                None if field.typed => unnamed
                    .next()
                    .map_or(field.value.as_str(), |(_, value)| value),
                None => &field.value,
            };
            if !body.is_empty() {
                body.push('&');
            }
            body.push_str(&format!("{}={}", encode(&field.name), encode(value)));
        }
        for (name, value) in more {
            body.push_str(&format!("&{}={}", encode(name), encode(value)));
        }
        self.post_request(
            &form.action,
            "application/x-www-form-urlencoded",
            body.as_bytes(),
        )
    }

    /// Sends a form with a file in its file field.
    pub(crate) async fn upload(&self, form: &Fields, name: &str, bytes: &[u8]) -> Result<Answer> {
        let request = self.upload_request(form, name, bytes)?;
        Connection::open(self.address).await?.ask(&request).await
    }

    /// The bytes of a form with a file in its file field.
    pub(crate) fn upload_request(
        &self,
        form: &Fields,
        name: &str,
        bytes: &[u8],
    ) -> Result<Vec<u8>> {
        let line = "----tuanjian-bench";
        let mut body = Vec::new();
        for field in &form.fields {
            body.extend(
                format!(
                    "--{line}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n",
                    field.name, field.value
                )
                .bytes(),
            );
        }
        let file = form.file.as_deref().context("no file field")?;
        body.extend(format!("--{line}\r\nContent-Disposition: form-data; name=\"{file}\"; filename=\"{name}\"\r\nContent-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\r\n\r\n").bytes());
        body.extend_from_slice(bytes);
        body.extend(format!("\r\n--{line}--\r\n").bytes());
        Ok(self.post_request(
            &form.action,
            &format!("multipart/form-data; boundary={line}"),
            &body,
        ))
    }
}

/// One field of a form, as the page shows it.
#[derive(Debug)]
struct Field {
    name: String,
    value: String,
    typed: bool,
}

/// A form on a page.
#[derive(Debug)]
pub(crate) struct Fields {
    action: String,
    fields: Vec<Field>,
    file: Option<String>,
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

impl Fields {
    /// The first form whose text holds `mark`.
    pub(crate) fn of(page: &str, mark: &str) -> Option<Self> {
        let form = page
            .split("<form")
            .skip(1)
            .filter_map(|rest| rest.split("</form>").next())
            .find(|form| form.contains(mark))?;
        let tag = form.split('>').next()?;
        let action = attribute(tag, "action")?
            .replace("&#38;", "&")
            .replace("&amp;", "&");
        let mut fields = Vec::new();
        let mut file = None;
        for tag in form
            .split("<input")
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
        {
            let Some(name) = attribute(tag, "name") else {
                continue;
            };
            let kind = attribute(tag, "type").unwrap_or("text");
            match kind {
                "file" => file = Some(name.to_owned()),
                "checkbox" | "radio" if !tag.contains(" checked") => {}
                _ => fields.push(Field {
                    name: name.to_owned(),
                    value: attribute(tag, "value").unwrap_or("").to_owned(),
                    typed: matches!(kind, "text" | "tel" | "email"),
                }),
            }
        }
        Some(Self {
            action,
            fields,
            file,
        })
    }
}

/// Percent-encoding of a form value.
pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}
