//! Constructs of documents of other dropshot servers, over the wire: a short service of `all_features.yaml`, and a plain HTTP client.

use std::time::Duration;

use dropshot::{Body, ConfigDropshot, HttpServer, ServerBuilder};
use dropstub_runtime::{Context, Rejection, StatusInClass, Valid};
use reqwest::{Client, Method, redirect};
use serde_json::{Value, json};

use crate::golden::all_features::{
    AnimalCreateCreated, AnimalCreateRequest, AnimalCreateResponse, AnimalListOk, AnimalListRequest,
    AnimalListResponse, AnimalPage, Bite, Bite4xx, Error, ErrorCode, FoodOrderOk, FoodOrderOkBody, FoodOrderRequest,
    FoodOrderResponse, KeeperPutOk, KeeperPutRequest, KeeperPutResponse, KeeperRequest, KeeperResponse, KeeperSeeOther,
    NameOrId, PictureGetDefault, PictureGetRequest, PictureGetResponse, PicturePutOk, PicturePutRequest,
    PicturePutResponse, Service, ZookeeperClientError, ZookeeperRequest, ZookeeperResponse, api,
};

struct Zoo;

impl Service for Zoo {
    fn error_body_as_error(rejection: &Rejection) -> Error {
        match rejection {
            Rejection::Invalid(problems) => {
                let problems: Vec<_> = problems.iter().map(|it| format!("{}/{}", it.field, it.code)).collect();
                Error { message: problems.join(" "), code: ErrorCode::Invalid }
            }
            other => Error { message: format!("{other:?}"), code: ErrorCode::Other },
        }
    }

    fn error_body_as_bite(_: &Rejection) -> Bite {
        Bite { depth: 0.5 }
    }

    async fn animal_list(&self, request: Valid<AnimalListRequest>) -> AnimalListResponse {
        let query = request.into_inner().query;
        let house = match query.house {
            Some(NameOrId::Id(id)) => format!("the id {id}"),
            Some(NameOrId::Name(name)) => format!("the name {}", name.0),
            None => "none".to_owned(),
        };
        let next_page = format!("{house}, {} legs, {:?}", query.legs, query.limit);
        AnimalListOk { body: AnimalPage { items: Vec::new(), next_page: Some(Some(next_page)) } }.into()
    }

    async fn animal_create(&self, request: Valid<AnimalCreateRequest>) -> AnimalCreateResponse {
        AnimalCreateCreated { body: request.into_inner().body }.into()
    }

    async fn picture_put(&self, request: Valid<PicturePutRequest>) -> PicturePutResponse {
        let body = Body::from(request.into_inner().body.to_vec());
        PicturePutOk { content_type: http::HeaderValue::from_static("image/x-zoo"), body }.into()
    }

    async fn picture_get(&self, _: Valid<PictureGetRequest>) -> PictureGetResponse {
        let response = http::Response::builder().status(418).body(Body::from("a teapot".to_owned()));
        PictureGetDefault(response.expect("a valid response")).into()
    }

    async fn keeper(&self, _: Valid<KeeperRequest>) -> KeeperResponse {
        KeeperSeeOther { location: "/elsewhere".to_owned(), x_shift: None }.into()
    }

    async fn zookeeper(&self, _: Valid<ZookeeperRequest>) -> ZookeeperResponse {
        let status = StatusInClass::new(404).expect("a 4xx");
        ZookeeperClientError {
            status,
            x_back: "tomorrow".to_owned(),
            body: Error { message: "absent".to_owned(), code: ErrorCode::NotHere },
        }
        .into()
    }

    async fn food_order(&self, request: Valid<FoodOrderRequest>) -> FoodOrderResponse {
        FoodOrderOk { body: FoodOrderOkBody(vec![request.into_inner().body]) }.into()
    }

    async fn keeper_put(&self, request: Valid<KeeperPutRequest>) -> KeeperPutResponse {
        match request.into_inner().body.map(|body| body.0) {
            Some(name) if name == "tiger" => {
                Bite4xx { status: StatusInClass::new(409).expect("a 4xx"), body: Bite { depth: 9.0 } }.into()
            }
            name => KeeperPutOk { body: name }.into(),
        }
    }
}

struct TestServer {
    address: String,
    client: Client,
    _server: HttpServer<Context<Zoo>>,
}

/// A status, a media type and a body.
type Response = (u16, String, String);

impl TestServer {
    fn new() -> Self {
        let log = slog::Logger::root(slog::Discard, slog::o!());
        let config = ConfigDropshot { bind_address: ([127, 0, 0, 1], 0).into(), ..ConfigDropshot::default() };
        let context = Context { service: Zoo, body_timeout: Duration::from_secs(60) };
        let server = ServerBuilder::new(api().unwrap(), context, log).config(config).start().unwrap();
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { address: format!("http://{}", server.local_addr()), client, _server: server }
    }

    async fn request(&self, method: Method, path: &str, media_type: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.client.request(method, format!("{}{path}", self.address)).body(body);
        let request = if media_type.is_empty() { request } else { request.header("content-type", media_type) };
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map_or("", |it| it.to_str().unwrap()).to_owned();
        let (status, media_type) = (response.status().as_u16(), header("content-type"));
        let location = header("location");
        let body = response.text().await.unwrap();
        (status, media_type, if location.is_empty() { body } else { location })
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let (status, _, body) = self.request(Method::GET, path, "", "").await;
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let (status, _, body) = self.request(method, path, "application/json", body.to_string()).await;
        (status, serde_json::from_str(&body).unwrap_or_default())
    }
}

#[tokio::test]
async fn parameter_has_alternatives_and_the_first_page_its_requirements() {
    let server = TestServer::new();
    for (query, status, expected) in [
        (
            "house=2489e9ad-2ee2-4e00-8ec9-32d5f69181c0",
            200,
            "the id 2489e9ad-2ee2-4e00-8ec9-32d5f69181c0, 4 legs, None",
        ),
        ("house=apes&legs=2&limit=7", 200, "the name apes, 2 legs, Some(7)"),
        ("page_token=x", 200, "none, 4 legs, None"),
        ("", 422, "house/required"),
        ("house=Not+that", 422, "house/invalid_format"),
        ("house=apes&limit=0&legs=256", 422, "legs/out_of_range limit/out_of_range"),
        ("house=apes&house=bees", 422, "house/duplicate"),
        ("House=apes&page=2&page=3", 422, "House/unknown_field page/unknown_field house/required"),
        ("page_token=x&page=2", 422, "page/unknown_field"),
    ] {
        let (found, body) = server.get(&format!("/animals?{query}")).await;
        let result = if status == 200 { &body["next_page"] } else { &body["message"] };
        assert_eq!((found, result), (status, &json!(expected)), "{query}");
    }
}

#[tokio::test]
async fn value_with_every_construct_round_trips() {
    let server = TestServer::new();
    let animal = json!({
        "name": "ape",
        "kind": {"type": "chimera", "of": [{"type": "bird", "value": {"wings": 2}}, {"type": "ghost"}]},
        "gen": 1, "weight": 0.5, "teeth": null, "toes": 4, "size": 2,
        "parents": [{"name": "ma", "kind": {"type": "fish", "depth": 0.5}, "gen": 2, "weight": 1.0, "parents": [],
            "nothing": null, "words": null, "color": "blue", "tags": [], "note": null, "must": false}],
        "mate": null, "color": "green", "tame": "gen", "tags": [{"key": "a", "value": "b"}], "note": "n",
        "nothing": null, "words": ["a"], "thing": null, "address": "fd00::1", "addresses": {"a": null, "b": "::1"},
        "path": "a/b", "born": "2026-01-02", "fed": null, "any": {"x": [1]}, "any_or_null": null,
        "diet": {"prey": {"plants": ["a"]}}, "box": {"width": -1, "height": 2}, "must": true,
    });
    assert_eq!(server.send(Method::POST, "/animals", &animal).await, (201, animal.clone()));

    for (pointer, value, problem) in [
        ("/kind/type", json!("dog"), "kind.type/invalid_format"),
        ("/kind/of/0/value/wings", json!(5), "kind.of[0].value.wings/out_of_range"),
        ("/kind/of/1", json!({}), "kind.of[1].type/required"),
        ("/weight", json!(0), "weight/out_of_range"),
        ("/weight", json!(0.75), "weight/out_of_range"),
        ("/size", json!(3), "size/out_of_range"),
        ("/tags", json!([{"key": "a"}, {"key": "a"}]), "tags[1]/duplicate"),
        ("/tags/0/other", json!(1), "tags[0].other/unknown_field"),
        ("/address", json!("here"), "address/invalid_format"),
        ("/addresses/b", json!("1.1.1.1"), "addresses.b/invalid_format"),
        ("/box", json!({}), "box.width/required box/too_short"),
        ("/diet", json!({"prey": 0.5}), "diet.prey/invalid_type"),
        ("/diet", json!([]), "diet/invalid_type"),
        ("/parents/0/nothing", json!("x"), "parents[0].nothing/invalid_type"),
    ] {
        let mut broken = animal.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match broken.pointer_mut(parent).unwrap() {
            Value::Array(values) => values[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
        let (status, body) = server.send(Method::POST, "/animals", &broken).await;
        assert_eq!((status, &body["message"]), (422, &json!(problem)), "{pointer} = {value}");
    }
}

#[tokio::test]
async fn additional_properties_of_a_form_are_kept_if_documented() {
    let server = TestServer::new();
    let form = "application/x-www-form-urlencoded";
    let (status, _, body) = server.request(Method::POST, "/food", form, "kind=hay&price=2.5&color=green").await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, body), (200, json!([{"kind": "hay", "price": 2.5, "color": "green"}])));
    assert_eq!(server.request(Method::POST, "/food", form, "kind=hay&price=cheap").await.0, 422);
}

#[tokio::test]
async fn bytes_are_received_and_arbitrary_bodies_sent() {
    let server = TestServer::new();
    let bytes = "application/octet-stream";
    let expected = (200, "image/x-zoo".to_owned(), "\u{0}\u{1}x".to_owned());
    assert_eq!(server.request(Method::PUT, "/picture", bytes, "\u{0}\u{1}x").await, expected);
    assert_eq!(server.request(Method::PUT, "/picture", bytes, "x".repeat(17)).await.0, 413);
    assert_eq!(server.request(Method::PUT, "/picture", "image/png", "x").await.0, 415);
    assert_eq!(server.request(Method::GET, "/picture", "", "").await, (418, String::new(), "a teapot".to_owned()));
    assert_eq!(server.request(Method::DELETE, "/picture", "", "").await.0, 405);
}

#[tokio::test]
async fn operations_have_different_error_schemas() {
    let server = TestServer::new();
    assert_eq!(server.request(Method::GET, "/keeper", "", "").await, (303, String::new(), "/elsewhere".to_owned()));
    let (status, _, absent) = server.request(Method::GET, "/zookeeper", "", "").await;
    assert_eq!((status, absent.as_str()), (404, r#"{"message":"absent","code":"not-here"}"#));
    for (body, status, expected) in [
        (json!("bob"), 200, json!("bob")),
        (json!(null), 200, json!(null)),
        (json!("tiger"), 409, json!({"depth": 9.0})),
        (json!(1), 422, json!({"depth": 0.5})),
        (json!("a longer name"), 422, json!({"depth": 0.5})),
    ] {
        assert_eq!(server.send(Method::PUT, "/keeper", &body).await, (status, expected), "{body}");
    }
}
