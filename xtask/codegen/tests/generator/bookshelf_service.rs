//! A lending library in memory: the generated `Service` as short as it can be, and a server that answers with it.
//!
//! Titles and numbers decide what happens, so that a request says what its test is about.

use std::net::SocketAddr;
use std::time::Duration;

use dropshot::{ConfigDropshot, HttpServer, ServerBuilder};
use dropstub_runtime::{
    self as runtime, Arrival, Authorized, Context, Credential, Fault, Moment, Operation, Valid, Violation,
};
use secrecy::ExposeSecret;

use crate::golden::bookshelf::{
    AddUpOk, AddUpOkBody, AddUpReply, AddUpRequest, Book, Check, CreateBookConflict, CreateBookCreated,
    CreateBookReply, CreateBookRequest, EchoOk, EchoReply, EchoRequest, FindLoanOk, FindLoanReply, FindLoanRequest,
    Forbidden, GateHeaders, Genre, GetBookOk, GetBookReply, GetBookRequest, GetHealthOk, GetHealthOkBody,
    GetHealthOkBodyStatus, GetHealthReply, GetHealthRequest, GetKindsOk, GetKindsReply, GetKindsRequest, Isbn, LendOk,
    LendReply, LendRequest, NotFound, PathParameters, Problem, Refusal, RemoveBookNoContent, RemoveBookReply,
    RemoveBookRequest, Service, Unauthorized, api,
};

/// Serves a library on a port of the system's choice.
pub fn serve(body_timeout: Duration) -> (SocketAddr, HttpServer<Context<Library>>) {
    let log = slog::Logger::root(slog::Discard, slog::o!());
    let config = ConfigDropshot { bind_address: ([127, 0, 0, 1], 0).into(), ..ConfigDropshot::default() };
    let context = Context { service: Library, body_timeout };
    let server = ServerBuilder::new(api().unwrap(), context, log).config(config).start().unwrap();
    (server.local_addr(), server)
}

#[derive(Debug)]
pub struct Library;

/// What a card's number says its holder may do.
#[derive(Debug, PartialEq, Eq)]
pub enum Card {
    Reader,
    Writer,
    /// May not even look at the one book that the path `/books/x-locked` names.
    Outsider,
    /// Is refused in a way that most operations do not document.
    Odd,
}

impl Service for Library {
    type Caller = Card;

    async fn authenticate(&self, arrival: &Arrival<'_>, credential: &Credential) -> Result<Card, Refusal> {
        assert!(arrival.peer.ip().is_loopback() && !arrival.request_id.is_empty());
        let Credential::Bearer(token) = credential else { return Err(unauthorized()) };
        match token.expose_secret() {
            "reader" => Ok(Card::Reader),
            "writer" => Ok(Card::Writer),
            "outsider" => Ok(Card::Outsider),
            "odd" => Ok(Card::Odd),
            "panic" => panic!("a card that the reader chokes on"),
            _ => Err(unauthorized()),
        }
    }

    fn admit(&self, caller: &Card, operation: &'static Operation) -> (GateHeaders, Result<(), Refusal>) {
        let counted = operation.succeeds_with_header("x-left");
        let left = if *caller == Card::Odd { "none" } else { "some" };
        let verdict = if counted && *caller == Card::Odd { Err(forbidden()) } else { Ok(()) };
        (GateHeaders { x_left: counted.then(|| left.to_owned()) }, verdict)
    }

    fn invalid(&self, _: &'static Operation, problems: &[runtime::Problem]) -> Refusal {
        let fields = problems.iter().map(|it| format!("{}/{}", it.field, it.code)).collect();
        Forbidden { x_scope: "none".into(), body: Problem { code: "forbidden".into(), fields: Some(fields) } }.into()
    }

    async fn authorize(
        &self,
        caller: &Card,
        operation: &'static Operation,
        path: &PathParameters,
    ) -> Result<(), Refusal> {
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

    fn check(&self, _: &Card, check: Check, value: &str) -> Result<(), Violation> {
        let known = match check {
            Check::KnownAuthor => value != "nobody",
            Check::KnownTag => value != "odd",
        };
        known.then_some(()).ok_or(Violation { code: "unknown", message: format!("{value} is not known.") })
    }

    fn explain(fault: &Fault) -> Problem {
        let code = match fault {
            Fault::MethodNotAllowed => "method_not_allowed",
            Fault::RequestTimeout => "request_timeout",
            Fault::PayloadTooLarge { .. } => "payload_too_large",
            Fault::UnsupportedMediaType { .. } => "unsupported_media_type",
            Fault::Invalid(_) => "invalid",
            Fault::Internal => "internal",
        };
        let fields = match fault {
            Fault::Invalid(problems) => Some(problems.iter().map(|it| format!("{}/{}", it.field, it.code)).collect()),
            _ => None,
        };
        Problem { code: code.into(), fields }
    }

    async fn get_health(&self, _: Valid<GetHealthRequest>) -> GetHealthReply {
        let body = GetHealthOkBody {
            status: GetHealthOkBodyStatus::ClosedForGood,
            visitors: Some(i64::MAX),
            temperature: Some(-0.5),
        };
        GetHealthOk { body }.into()
    }

    async fn get_kinds(&self, _: Authorized<Card>, request: Valid<GetKindsRequest>) -> GetKindsReply {
        let parts = [
            ("path", format!("{:?}", request.path)),
            ("query", format!("{:?}", request.query)),
            ("header", format!("{:?}", request.header)),
        ];
        let body = parts.into_iter().map(|(name, part)| (name.to_owned(), part.into())).collect();
        GetKindsOk { body }.into()
    }

    async fn create_book(&self, caller: Authorized<Card>, request: Valid<CreateBookRequest>) -> CreateBookReply {
        assert_eq!(*caller, Card::Writer, "nobody else gets here");
        // The pin goes in and is printed nowhere.
        let printed = format!("{request:?}");
        let body = request.into_inner().body;
        assert!(!printed.contains(body.pin.0.expose_secret()), "a secret is printed: {printed}");
        match body.title.as_str() {
            "panic" => panic!("a book that falls off the shelf"),
            "there" => CreateBookConflict { x_isbn: "x1".into(), body: problem("there_already") }.into(),
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

    async fn get_book(&self, _: Authorized<Card>, request: Valid<GetBookRequest>) -> GetBookReply {
        let Isbn(isbn) = request.into_inner().path.isbn;
        if isbn == "x-missing" {
            return NotFound { body: problem("not_found") }.into();
        }
        GetBookOk { body: Book { title: isbn, subtitle: None, author: None, published: Some(None) } }.into()
    }

    async fn remove_book(&self, _: Authorized<Card>, request: Valid<RemoveBookRequest>) -> RemoveBookReply {
        let x_warning = match request.path.isbn.0.as_str() {
            "x-panic" => panic!("a book that will not go"),
            "x-last" => Some("the last one".to_owned()),
            "x-lines" => Some("two\r\nlines".to_owned()),
            _ => None,
        };
        RemoveBookNoContent { x_warning }.into()
    }

    async fn find_loan(&self, _: Authorized<Card>, _: Valid<FindLoanRequest>) -> FindLoanReply {
        FindLoanOk { x_since: Moment(chrono::DateTime::UNIX_EPOCH) }.into()
    }

    async fn lend(&self, _: Authorized<Card>, request: Valid<LendRequest>) -> LendReply {
        let printed = format!("{:?}", request.body);
        assert!(!printed.contains(request.body.pin.0.expose_secret()), "a secret is printed: {printed}");
        LendOk { body: serde_json::Map::from_iter([("loan".to_owned(), printed.into())]) }.into()
    }

    async fn echo(&self, request: Valid<EchoRequest>) -> EchoReply {
        EchoOk { body: request.into_inner().body }.into()
    }

    async fn add_up(&self, request: Valid<AddUpRequest>) -> AddUpReply {
        let mut sum = 0;
        let numbers = request.body.0.iter().map(|text| text.parse::<i64>().expect("the pattern says so"));
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

fn unauthorized() -> Refusal {
    Unauthorized { body: problem("unauthorized") }.into()
}

fn forbidden() -> Refusal {
    Forbidden { x_scope: "books:write".into(), body: problem("forbidden") }.into()
}
