//! A headless Chromium or Chrome in a profile of its own, driven by its driver over the protocol `WebDriver`.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aether_tests::{eventually, skip, text};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::programs;

/// The key of an element's id in the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The time that a browser gets to end.
const END_TIMEOUT: Duration = Duration::from_secs(30);

/// A browser with one window. It ends when this is dropped.
pub(crate) struct Browser {
    driver: Child,
    /// The address of the driver.
    address: String,
    /// The path of the session.
    session: String,
    http: Client,
    profile: Option<TempDir>,
}

impl Browser {
    /// Starts a browser, or returns none if it is not installed.
    pub(crate) async fn start() -> Option<Self> {
        let Ok((driver, address)) = start_driver() else {
            skip("chromedriver");
            return None;
        };
        // Without one, the driver looks for a browser in other places.
        let binary = programs::browser();
        let profile = tempfile::tempdir().expect("a temporary directory");
        let mut browser = Self { driver, address, session: String::new(), http: Client::new(), profile: Some(profile) };
        match browser.command(Method::POST, "/session", browser.capabilities(binary)).await {
            Ok(session) => browser.session = format!("/session/{}", text(&session["sessionId"])),
            Err(error) if error.contains("cannot find") => {
                skip("chromium");
                return None;
            }
            Err(error) => panic!("the browser does not start: {error}"),
        }
        Some(browser)
    }

    fn capabilities(&self, binary: Option<&Path>) -> Value {
        let profile = self.profile.as_ref().expect("a profile").path().display();
        // Without a sandbox, because root cannot have one; without the services of the vendor.
        let arguments = json!([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,1600",
            format!("--user-data-dir={profile}"),
        ]);
        let mut options = json!({"args": arguments});
        if let Some(binary) = binary {
            options["binary"] = binary.display().to_string().into();
        }
        json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": options,
        }}})
    }

    /// Sends a command to the driver. Returns its value, or the error.
    async fn command(&self, method: Method, path: &str, body: Value) -> Result<Value, String> {
        let url = format!("http://{}{}{path}", self.address, self.session);
        let response = self.http.request(method, url).json(&body).send().await.expect("a response of the driver");
        let is_success = response.status().is_success();
        let mut body: Value = response.json().await.expect("JSON of the driver");
        if is_success { Ok(body["value"].take()) } else { Err(body["value"].to_string()) }
    }

    pub(crate) async fn open(&self, url: &str) {
        self.command(Method::POST, "/url", json!({"url": url})).await.expect("an opened page");
    }

    /// The number of elements.
    pub(crate) async fn count(&self, selector: &str) -> usize {
        let found = self.command(Method::POST, "/elements", json!({"using": "css selector", "value": selector})).await;
        found.expect("a valid selector").as_array().map_or(0, Vec::len)
    }

    /// Clicks an element as soon as a user could.
    pub(crate) async fn click(&self, selector: &str) {
        self.interact(selector, "click", json!({})).await;
    }

    /// Types a text into an element as soon as a user could.
    pub(crate) async fn enter(&self, selector: &str, text: &str) {
        self.interact(selector, "value", json!({"text": text})).await;
    }

    async fn interact(&self, selector: &str, action: &str, body: Value) {
        eventually(&format!("{action} of {selector}"), async || {
            let find = json!({"using": "css selector", "value": selector});
            let element = self.command(Method::POST, "/element", find).await.ok()?;
            let path = format!("/element/{}/{action}", text(&element[ELEMENT]));
            self.command(Method::POST, &path, body.clone()).await.ok()
        })
        .await;
    }

    /// Runs the body of a function in the page. Returns its result, or that of its promise.
    pub(crate) async fn script(&self, body: &str, arguments: Value) -> Value {
        let script = json!({"script": body, "args": arguments});
        self.command(Method::POST, "/execute/sync", script).await.unwrap_or_else(|error| panic!("{body}: {error}"))
    }

    /// Gives the page the width of a phone's screen, in CSS pixels.
    pub(crate) async fn emulate_phone(&self, width: u32) {
        let metrics = json!({"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": true});
        let command = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics});
        self.command(Method::POST, "/goog/cdp/execute", command).await.expect("an emulated screen");
    }

    /// The entries of a log since the last look: `browser` for the console, `performance` for events of the network.
    pub(crate) async fn log(&self, name: &str) -> Vec<Value> {
        let entries = self.command(Method::POST, "/se/log", json!({"type": name})).await.expect("a log");
        entries.as_array().cloned().expect("a list")
    }

    /// Ends the browser. Returns its profile.
    pub(crate) fn close(mut self) -> TempDir {
        self.end();
        self.profile.take().expect("a profile")
    }

    /// Ends the session, and with it the browser's processes, and then the driver. An error means that they have ended
    /// already.
    fn end(&mut self) {
        if !self.session.is_empty()
            && let Ok(mut connection) = TcpStream::connect(&self.address)
        {
            let head =
                format!("DELETE {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.session, self.address);
            let _ = connection.write_all(head.as_bytes());
            // The driver responds when the browser has ended, and keeps the connection open.
            let _ = connection.set_read_timeout(Some(END_TIMEOUT));
            let _ = connection.read(&mut [0; 1024]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts a driver. Returns it with its address.
fn start_driver() -> io::Result<(Child, String)> {
    let mut command = Command::new(programs::driver());
    command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
    // On a busy machine, a driver has ended before it listened.
    let mut printed = String::new();
    for _ in 0..5 {
        let mut driver = command.spawn()?;
        match address(&mut driver) {
            Ok(address) => return Ok((driver, address)),
            Err(output) => printed += &output,
        }
        let _ = driver.kill();
        driver.wait()?;
    }
    panic!("the driver does not listen: {printed}");
}

/// Waits until a driver listens. Returns its address, or its output if it has ended.
fn address(driver: &mut Child) -> Result<String, String> {
    let mut printed = String::new();
    for line in BufReader::new(driver.stdout.take().expect("standard output")).lines().map_while(Result::ok) {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return Ok(format!("127.0.0.1:{}", port.trim_end_matches('.')));
        }
        printed = printed + &line + "\n";
    }
    Err(printed)
}

/// The files below a directory that contain these bytes.
pub(crate) fn files_with(directory: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files_with(&path, bytes));
        } else if fs::read(&path).is_ok_and(|content| content.windows(bytes.len()).any(|window| window == bytes)) {
            found.push(path.display().to_string());
        }
    }
    found
}
