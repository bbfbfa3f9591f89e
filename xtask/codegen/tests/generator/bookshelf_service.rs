//! A lending library in memory: a short implementation of the generated `Service`, and its server.
//!
//! Titles and numbers select the response, so that a request shows the subject of its test.

use std::net::SocketAddr;
use std::time::Duration;

use dropshot::{ConfigDropshot, HttpServer, ServerBuilder};
use dropstub_runtime::{
    self as runtime, Authorized, Context, Credential, DateTime, Operation, Rejection, RequestMeta, Valid, Violation,
};
use secrecy::ExposeSecret;

use crate::golden::bookshelf::{
    AddUpOk, AddUpOkBody, AddUpRequest, AddUpResponse, AdmissionHeaders, Book, Check, CreateBookConflict,
    CreateBookCreated, CreateBookRequest, CreateBookResponse, Denial, EchoOk, EchoRequest, EchoResponse, FindLoanOk,
    FindLoanRequest, FindLoanResponse, Forbidden, Genre, GetBookOk, GetBookRequest, GetBookResponse, GetHealthOk,
    GetHealthOkBody, GetHealthOkBodyStatus, GetHealthRequest, GetHealthResponse, GetKindsOk, GetKindsRequest,
    GetKindsResponse, Isbn, LendOk, LendRequest, LendResponse, NotFound, PathParameters, Problem, RemoveBookNoContent,
    RemoveBookRequest, RemoveBookResponse, Service, Unauthorized, api,
};

/// Serves a library on a free port.
pub fn serve(body_timeout: Duration) -> (SocketAddr, HttpServer<Context<Library>>) {
    let log = slog::Logger::root(slog::Discard, slog::o!());
    let config = ConfigDropshot { bind_address: ([127, 0, 0, 1], 0).into(), ..ConfigDropshot::default() };
    let context = Context { service: Library, body_timeout };
    let server = ServerBuilder::new(api().unwrap(), context, log).config(config).start().unwrap();
    (server.local_addr(), server)
}

#[derive(Debug)]
pub struct Library;

/// The caller, by the number of its card.
#[derive(Debug, PartialEq, Eq)]
pub enum Card {
    Reader,
    Writer,
    /// A caller that must not read the book at `/books/x-locked`.
    Outsider,
    /// A caller that is denied with a response that most operations do not document.
    Odd,
}

impl Service for Library {
    type Caller = Card;
    /// The title.
    type Attempt = String;
    /// The number of checked values.
    type Checked = usize;

    async fn authenticate(&self, meta: &RequestMeta<'_>, credential: &Credential) -> Result<Card, Denial> {
        assert!(meta.peer.ip().is_loopback() && !meta.request_id.is_nil());
        let Credential::Bearer(token) = credential else { return Err(unauthorized()) };
        match token.expose_secret() {
            "reader" => Ok(Card::Reader),
            "writer" => Ok(Card::Writer),
            "outsider" => Ok(Card::Outsider),
            "odd" => Ok(Card::Odd),
            "panic" => panic!("a panic in authentication"),
            _ => Err(unauthorized()),
        }
    }

    fn admit(&self, caller: &Card, operation: &'static Operation) -> (AdmissionHeaders, Result<(), Denial>) {
        let counted = operation.succeeds_with_header("x-left");
        let left = if *caller == Card::Odd { "none" } else { "some" };
        let verdict = if counted && *caller == Card::Odd { Err(forbidden()) } else { Ok(()) };
        (AdmissionHeaders { x_left: counted.then(|| left.to_owned()) }, verdict)
    }

    fn invalid_request(&self, _: &'static Operation, problems: &[runtime::Problem]) -> Denial {
        let fields = problems.iter().map(|it| format!("{}/{}", it.field, it.code)).collect();
        Forbidden { x_scope: "none".into(), body: Problem { code: "forbidden".into(), fields: Some(fields) } }.into()
    }

    async fn authorize(
        &self,
        caller: &Card,
        operation: &'static Operation,
        path: &PathParameters,
    ) -> Result<(), Denial> {
        let own_loan = operation.scope_exemption == Some("own_loan") && *caller == Card::Outsider;
        let needed = operation.required_scopes.filter(|_| !own_loan).unwrap_or_default();
        let locked = path.isbn.as_ref().is_some_and(|isbn| isbn.0 == "x-locked");
        match caller {
            Card::Outsider if locked => Err(NotFound { body: problem("not_found") }.into()),
            Card::Reader | Card::Outsider if !needed.is_empty() => Err(forbidden()),
            Card::Odd => Err(forbidden()),
            Card::Reader | Card::Outsider | Card::Writer => Ok(()),
        }
    }

    fn check(&self, _: &Card, values: &[(Check, &str)]) -> Result<usize, Vec<(usize, Violation)>> {
        let unknown = |(check, value): &(Check, &str)| match check {
            Check::KnownAuthor => *value == "nobody",
            Check::KnownTag => *value == "odd",
        };
        let violation = |value| Violation { code: "unknown", message: format!("{value} is not known.") };
        let violations: Vec<_> = values
            .iter()
            .enumerate()
            .filter(|(_, value)| unknown(value))
            .map(|(index, (_, value))| (index, violation(value)))
            .collect();
        if violations.is_empty() { Ok(values.len()) } else { Err(violations) }
    }

    fn error_body(rejection: &Rejection) -> Problem {
        let code = match rejection {
            Rejection::NotFound => "not_found",
            Rejection::MethodNotAllowed => "method_not_allowed",
            Rejection::RequestTimeout => "request_timeout",
            Rejection::PayloadTooLarge { .. } => "payload_too_large",
            Rejection::UnsupportedMediaType { .. } => "unsupported_media_type",
            Rejection::Invalid(_) => "invalid",
            Rejection::Internal => "internal",
        };
        let fields = match rejection {
            Rejection::Invalid(problems) => {
                Some(problems.iter().map(|it| format!("{}/{}", it.field, it.code)).collect())
            }
            _ => None,
        };
        Problem { code: code.into(), fields }
    }

    async fn get_health(&self, _: Valid<GetHealthRequest>) -> GetHealthResponse {
        let body = GetHealthOkBody {
            status: GetHealthOkBodyStatus::ClosedForGood,
            visitors: Some(i64::MAX),
            temperature: Some(-0.5),
        };
        GetHealthOk { body }.into()
    }

    async fn get_kinds(&self, _: Authorized<Card>, request: Valid<GetKindsRequest>) -> GetKindsResponse {
        let parts = [
            ("path", format!("{:?}", request.path)),
            ("query", format!("{:?}", request.query)),
            ("header", format!("{:?}", request.header)),
        ];
        let body = parts.into_iter().map(|(name, part)| (name.to_owned(), part.into())).collect();
        GetKindsOk { body }.into()
    }

    async fn replay_create_book(
        &self,
        _: &Authorized<Card>,
        request: &Valid<CreateBookRequest>,
    ) -> Result<String, CreateBookResponse> {
        let body = &request.body;
        match body.title.as_str() {
            "replayed" => Err(CreateBookConflict { x_isbn: "replay".into(), body: problem("replayed") }.into()),
            title => Ok(title.to_owned()),
        }
    }

    async fn create_book(
        &self,
        caller: Authorized<Card>,
        attempt: String,
        checked: usize,
        request: Valid<CreateBookRequest>,
    ) -> CreateBookResponse {
        assert_eq!(*caller, Card::Writer, "other callers are denied before");
        assert_eq!(attempt, request.body.title);
        let body = &request.body;
        assert_eq!(checked, usize::from(body.author.is_some()) + body.tags.iter().flatten().count());
        // The pin is received and never printed.
        let printed = format!("{request:?}");
        let body = request.into_inner().body;
        assert!(!printed.contains(body.pin.0.expose_secret()), "a secret is printed: {printed}");
        match body.title.as_str() {
            "panic" => panic!("a panic in a handler"),
            "there" => CreateBookConflict { x_isbn: "x1".into(), body: problem("already_exists") }.into(),
            title => CreateBookCreated {
                x_copies: 3,
                x_rare: (title == "rare").then_some(true),
                x_genre: (title == "rare").then_some(Genre::ScienceFiction),
                x_isbn: body.isbn,
                body: Book {
                    title: body.title,
                    subtitle: body.subtitle,
                    author: body.author,
                    published: body.published,
                },
            }
            .into(),
        }
    }

    async fn get_book(&self, _: Authorized<Card>, request: Valid<GetBookRequest>) -> GetBookResponse {
        let Isbn(isbn) = request.into_inner().path.isbn;
        if isbn == "x-missing" {
            return NotFound { body: problem("not_found") }.into();
        }
        GetBookOk { body: Book { title: isbn, subtitle: None, author: None, published: Some(None) } }.into()
    }

    async fn remove_book(&self, _: Authorized<Card>, request: Valid<RemoveBookRequest>) -> RemoveBookResponse {
        let x_warning = match request.path.isbn.0.as_str() {
            "x-panic" => panic!("a panic in a handler"),
            "x-last" => Some("the last one".to_owned()),
            "x-lines" => Some("two\r\nlines".to_owned()),
            _ => None,
        };
        RemoveBookNoContent { x_warning }.into()
    }

    async fn find_loan(&self, _: Authorized<Card>, _: Valid<FindLoanRequest>) -> FindLoanResponse {
        FindLoanOk { x_since: DateTime(chrono::DateTime::UNIX_EPOCH) }.into()
    }

    async fn lend(&self, _: Authorized<Card>, _: usize, request: Valid<LendRequest>) -> LendResponse {
        let printed = format!("{:?}", request.body);
        assert!(!printed.contains(request.body.pin.0.expose_secret()), "a secret is printed: {printed}");
        LendOk { body: serde_json::Map::from_iter([("loan".to_owned(), printed.into())]) }.into()
    }

    async fn echo(&self, request: Valid<EchoRequest>) -> EchoResponse {
        EchoOk { body: request.into_inner().body }.into()
    }

    async fn add_up(&self, request: Valid<AddUpRequest>) -> AddUpResponse {
        let mut sum = 0;
        let numbers = request.body.0.iter().map(|text| text.parse::<i64>().expect("the pattern allows digits"));
        let body = numbers.map(|number| {
            sum += number;
            sum
        });
        AddUpOk { body: AddUpOkBody(body.collect()) }.into()
    }
}

fn problem(code: &str) -> Problem {
    Problem { code: code.into(), fields: None }
}

fn unauthorized() -> Denial {
    Unauthorized { body: problem("unauthorized") }.into()
}

fn forbidden() -> Denial {
    Forbidden { x_scope: "books:write".into(), body: problem("forbidden") }.into()
}
