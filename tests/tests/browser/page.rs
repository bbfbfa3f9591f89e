//! The reference page, as a reader uses it.

use aether_tests::{eventually, text};
use serde_json::{Value, json};

use crate::browser::Browser;

pub(crate) struct Page {
    pub(crate) browser: Browser,
}

/// The response to a tried request, as the page shows it.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: String,
    /// The body; null if there is none.
    pub(crate) body: Value,
    headers: String,
    /// The command of curl.
    pub(crate) command: String,
}

/// The selector of an operation.
pub(crate) fn operation(id: &str) -> String {
    format!(".opblock[id$='-{id}']")
}

impl Shown {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Page {
    /// Opens a page and waits for its operations, or returns none if there is no browser.
    pub(crate) async fn open(url: &str) -> Option<Self> {
        let browser = Browser::start().await?;
        browser.open(url).await;
        eventually("the operations", async || (browser.count(".opblock").await > 0).then_some(())).await;
        Some(Self { browser })
    }

    /// The text of the first matching element, as it is on the screen: hidden text is absent.
    pub(crate) async fn shown(&self, selector: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? null";
        let shown = eventually(selector, async || {
            let shown = self.browser.script(script, json!([selector])).await;
            shown.as_str().map(str::to_owned)
        })
        .await;
        shown.trim().to_owned()
    }

    /// Opens the description of an operation.
    pub(crate) async fn expand(&self, id: &str) {
        self.browser.click(&format!("{} .opblock-summary-control", operation(id))).await;
    }

    /// Closes the description of an operation.
    pub(crate) async fn collapse(&self, id: &str) {
        self.browser.click(&format!("{} .opblock-summary-control", operation(id))).await;
    }

    /// Types the token of the requests.
    pub(crate) async fn authorize(&self, secret: &str) {
        self.browser.click(".btn.authorize").await;
        self.browser.enter("#auth-bearer-value", secret).await;
        self.browser.click(".auth-btn-wrapper .authorize").await;
        self.browser.click(".auth-btn-wrapper .btn-done").await;
    }

    /// Sends a request with these values of parameters or of fields of a form. The others keep what the page has filled
    /// in.
    pub(crate) async fn send(&self, id: &str, values: &[(&str, &str)]) -> Shown {
        self.expand(id).await;
        self.browser.click(&format!("{} .try-out__btn", operation(id))).await;
        for (name, value) in values {
            let row = format!(":is([data-param-name='{name}'], [data-property-name='{name}'])");
            self.browser.enter(&format!("{} {row} input", operation(id)), value).await;
        }
        self.execute(id).await
    }

    /// Sends the request of an operation once more.
    pub(crate) async fn execute(&self, id: &str) -> Shown {
        let block = operation(id);
        // An earlier response is removed, so that the new one is seen.
        if self.browser.count(&format!("{block} .btn-clear")).await > 0 {
            self.browser.click(&format!("{block} .btn-clear")).await;
        }
        self.browser.click(&format!("{block} .execute")).await;
        let response = format!("{block} .live-responses-table .response");
        let status = self.shown(&format!("{response} .response-col_status")).await;
        let body = format!("{response} .highlight-code code");
        let body = match self.browser.count(&body).await {
            0 => Value::Null,
            _ => serde_json::from_str(&self.shown(&body).await).expect("JSON"),
        };
        let headers = self.all(&format!("{response} .headerline")).await;
        let command = self.shown(&format!("{block} .curl-command code")).await;
        Shown { status, body, headers, command }
    }

    /// The texts of all matching elements, in lines.
    async fn all(&self, selector: &str) -> String {
        let script = "return [...document.querySelectorAll(arguments[0])].map((it) => it.innerText).join('\\n')";
        text(&self.browser.script(script, json!([selector])).await).to_owned()
    }

    /// The names of an operation's parameters, in their order, and whether each is required.
    pub(crate) async fn parameters(&self, id: &str) -> Vec<(String, bool)> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((it) => \
                      [it.dataset.paramName, it.querySelector('.parameter__name.required') !== null])";
        let rows = format!("{} tr[data-param-name]", operation(id));
        let shown = self.browser.script(script, json!([rows])).await;
        serde_json::from_value(shown).expect("names")
    }

    /// The width of the page with everything in it, in CSS pixels.
    pub(crate) async fn width(&self) -> u64 {
        let width = self.browser.script("return document.documentElement.scrollWidth", json!([])).await;
        width.as_u64().expect("a width")
    }

    /// Asserts that the typed value of a form's field is neither on the screen nor in the memory of forms.
    pub(crate) async fn assert_field_is_private(&self, id: &str, field: &str) {
        let script = "const it = document.querySelector(arguments[0]); \
                      const isHidden = it.type === 'password' || getComputedStyle(it).webkitTextSecurity === 'disc'; \
                      return [it.value !== '', isHidden, it.autocomplete, it.spellcheck]";
        let input = format!("{} [data-property-name='{field}'] input", operation(id));
        assert_eq!(self.browser.script(script, json!([input])).await, json!([true, true, "off", false]));
    }

    /// Asserts that the console has no message: neither an error nor a violation of the policy.
    pub(crate) async fn assert_quiet(&self) {
        assert_eq!(self.browser.log("browser").await, Vec::<Value>::new());
    }

    /// Asserts that the page has stored nothing in the browser.
    pub(crate) async fn assert_nothing_is_stored(&self) {
        let script = "return Promise.all([localStorage.length, sessionStorage.length, document.cookie, indexedDB.databases(), \
                      caches.keys(), navigator.serviceWorker.getRegistrations()])";
        assert_eq!(self.browser.script(script, json!([])).await, json!([0, 0, "", [], [], []]));
    }

    /// The URLs of all requests over a network so far.
    pub(crate) async fn requested_urls(&self) -> Vec<String> {
        let mut urls = Vec::new();
        for entry in self.browser.log("performance").await {
            let message: Value = serde_json::from_str(text(&entry["message"])).expect("JSON of the driver");
            let (method, parameters) = (&message["message"]["method"], &message["message"]["params"]);
            match method.as_str() {
                Some("Network.requestWillBeSent") => urls.push(text(&parameters["request"]["url"]).to_owned()),
                Some("Network.webSocketCreated") => urls.push(text(&parameters["url"]).to_owned()),
                _ => {}
            }
        }
        // The first window of the browser has pages of its own.
        urls.retain(|url| !url.starts_with("chrome:") && !url.starts_with("data:"));
        assert!(urls.len() > 5, "{urls:?}");
        urls
    }
}
