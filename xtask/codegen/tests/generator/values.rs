//! Values of requests over the wire: valid values round-trip, and problems are reported with their fields.

use serde_json::{Map, Value, json};

use crate::client::{ANONYMOUS, JSON, LONG, READER, TestServer, WRITER};

/// The smallest body of `/echo`, with further properties.
fn everything(more: &Value) -> Value {
    let mut value = json!({"plain": "", "nullable": null});
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    value
}

#[tokio::test(flavor = "multi_thread")]
async fn valid_body_round_trips() {
    let library = TestServer::new(LONG);
    for more in [
        json!({}),
        // Absent, null and present values are distinguished.
        json!({"nullable": "", "both": null}),
        json!({"optional": "", "both": ""}),
        json!({"bare": null, "genre": null, "required_later": null, "anything": null}),
        json!({"type": "2", "self": false, "x-mark": "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0"}),
        json!({"byte": -128, "natural": 0, "large": u64::MAX, "whole": -5_000_000_000_i64, "bare": i64::MIN}),
        json!({"byte": 127, "natural": u32::MAX, "whole": i64::MAX, "bare": 0}),
        json!({"share": -0.5, "light": 0.25, "rating": 5}),
        json!({"share": 1000.0, "light": -1e30}),
        json!({"grid": [], "gaps": [], "ids": []}),
        json!({"grid": [[0, 9, 1], [5]], "gaps": [null, "", null], "ids": [2, 1], "genres": ["self", "crime"]}),
        json!({"stock": {"": -1, "a.b": 2}, "counts": {"type": 3}, "ratings": {"x": 1}}),
        json!({"free": {"a": [null]}, "anything": [1, {"b": false}], "required_later": {}}),
        json!({"anything": 1.5}),
        json!({"place": {"room": "r"}, "at": "2024-02-29T23:59:59.123Z"}),
        json!({"place": {"room": "r", "side": null}}),
        json!({"parent": {"plain": "p", "nullable": null, "parent": {"plain": "q", "nullable": "r"}}}),
        json!({"children": [{"plain": "c", "nullable": null, "children": [], "both": null}]}),
    ] {
        let value = everything(&more);
        let response = library.send("PUT", "/echo", ANONYMOUS, Some(&value.to_string())).await;
        assert_eq!((response.status, &response.body), (200, &value));
    }

    // Additional properties are ignored. Times are returned in UTC, and UUIDs in lower case.
    let more = r#"{"plain": "", "nullable": null, "unknown": 1, "at": "2024-03-01t01:00:00+01:00",
                   "x-mark": "2489E9AD-2EE2-8E00-8EC9-32D5F69181C0"}"#;
    let response = library.send("PUT", "/echo", ANONYMOUS, Some(more)).await;
    let expected =
        everything(&json!({"at": "2024-03-01T00:00:00.000Z", "x-mark": "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0"}));
    assert_eq!(response.body, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn problem_in_a_body_is_reported_with_its_field() {
    let library = TestServer::new(LONG);
    let long = (0..300).map(|key| (key.to_string(), json!("x"))).collect::<Map<_, _>>();
    for (more, expected) in [
        (json!({"plain": null}), "plain/invalid_type"),
        (json!({"plain": 1}), "plain/invalid_type"),
        (json!({"nullable": 1}), "nullable/invalid_type"),
        (json!({"optional": null}), "optional/invalid_type"),
        (json!({"both": []}), "both/invalid_type"),
        (json!({"type": "Hard"}), "type/invalid_format"),
        (json!({"type": 2}), "type/invalid_type"),
        (json!({"self": "true"}), "self/invalid_type"),
        (json!({"x-mark": "2489e9ad2ee28e008ec932d5f69181c0"}), "x-mark/invalid_format"),
        (json!({"at": "2024-02-30T00:00:00Z"}), "at/invalid_format"),
        (json!({"at": "2024-02-28T00:00:00"}), "at/invalid_format"),
        (json!({"byte": -129}), "byte/out_of_range"),
        (json!({"byte": 128}), "byte/out_of_range"),
        (json!({"byte": 1.5}), "byte/invalid_type"),
        (json!({"natural": -1}), "natural/out_of_range"),
        (json!({"natural": 4_294_967_296_u64}), "natural/out_of_range"),
        (json!({"large": -1}), "large/out_of_range"),
        (json!({"large": 1e20}), "large/out_of_range"),
        (json!({"whole": -5_000_000_001_i64}), "whole/out_of_range"),
        (json!({"whole": u64::MAX}), "whole/out_of_range"),
        (json!({"bare": u64::MAX}), "bare/out_of_range"),
        (json!({"bare": "1"}), "bare/invalid_type"),
        (json!({"share": -0.51}), "share/out_of_range"),
        (json!({"share": 1000.5}), "share/out_of_range"),
        (json!({"share": "0"}), "share/invalid_type"),
        (json!({"light": 1e39}), "light/out_of_range"),
        (json!({"rating": 6}), "rating/out_of_range"),
        (json!({"rating": null}), "rating/invalid_type"),
        (json!({"genre": "horror"}), "genre/invalid_format"),
        (json!({"grid": [[1], [1], [1]]}), "grid/too_many"),
        (json!({"grid": [[1], []]}), "grid[1]/too_short"),
        (json!({"grid": [[1, 2, 3, 4]]}), "grid[0]/too_many"),
        (json!({"grid": [[1], [2, 10]]}), "grid[1][1]/out_of_range"),
        (json!({"grid": [[null]]}), "grid[0][0]/invalid_type"),
        (json!({"gaps": [null, 1]}), "gaps[1]/invalid_type"),
        (json!({"ids": [1, 2, 1]}), "ids[2]/duplicate"),
        (json!({"genres": []}), "genres/too_short"),
        (json!({"genres": ["crime", "crime"]}), "genres[1]/duplicate"),
        (json!({"stock": {"a": 2_147_483_648_u64}}), "stock.a/out_of_range"),
        (json!({"counts": {"a": null}}), "counts.a/invalid_type"),
        (json!({"ratings": {"a": 0}}), "ratings.a/out_of_range"),
        (json!({"free": []}), "free/invalid_type"),
        (json!({"place": {}}), "place.room/required"),
        (json!({"place": {"room": "", "rom": ""}}), "place.rom/unknown_field"),
        (json!({"place": {"room": "", "side": "up"}}), "place.side/invalid_format"),
        (json!({"parent": {"plain": ""}}), "parent.nullable/required"),
        (json!({"parent": null}), "parent/invalid_type"),
        (json!({"children": [{"nullable": ""}]}), "children[0].plain/required"),
    ] {
        let response = library.send("PUT", "/echo", ANONYMOUS, Some(&everything(&more).to_string())).await;
        assert_eq!((response.status, response.problems()), (422, vec![expected]), "{more}");
    }

    for (body, expected) in [
        ("", "body/required"),
        ("{", "body/invalid_format"),
        ("[]", "body/invalid_type"),
        ("null", "body/invalid_type"),
        (r#"{"plain": "", "nullable": null, "plain": ""}"#, "plain/duplicate"),
        (r#"{"plain": "", "nullable": null, "free": {"a": {"b": 1, "\u0062": 1}}}"#, "free.a.b/duplicate"),
    ] {
        let response = library.send("PUT", "/echo", ANONYMOUS, Some(body)).await;
        assert_eq!((response.status, response.problems()), (422, vec![expected]), "{body}");
    }

    let many = everything(&json!({"counts": long}));
    let response = library.send("PUT", "/echo", ANONYMOUS, Some(&many.to_string())).await;
    assert_eq!((response.status, response.problems().len()), (422, 256), "an response has a limit too");
}

#[tokio::test(flavor = "multi_thread")]
async fn inline_body_is_validated() {
    let library = TestServer::new(LONG);
    for (body, status, expected) in [
        (r#"["1", "-3", "0"]"#, 200, json!([1, -2, -2])),
        ("[]", 422, json!({"code": "invalid", "fields": ["body/too_short"]})),
        (r#"["1", "1", "1", "1"]"#, 422, json!({"code": "invalid", "fields": ["body/too_many"]})),
        (r#"["1", "+1"]"#, 422, json!({"code": "invalid", "fields": ["body[1]/invalid_format"]})),
    ] {
        let response = library.send("POST", "/sums", ANONYMOUS, Some(body)).await;
        assert_eq!((response.status, response.body), (status, expected), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_with_valid_shapes_are_checked_by_the_service() {
    let library = TestServer::new(LONG);
    for (more, expected) in [
        (json!({}), vec![]),
        (json!({"author": "somebody", "tags": ["a", "b"], "published": null}), vec![]),
        (json!({"author": "nobody", "tags": ["a", "odd"]}), vec!["author/unknown", "tags[1]/unknown"]),
        (
            json!({"author": 1, "tags": ["odd", 2]}),
            vec!["author/invalid_type", "tags[0]/unknown", "tags[1]/invalid_type"],
        ),
        (json!({"published": "2024-2-1"}), vec!["published/invalid_format"]),
        (json!({"published": "+2024-02-1"}), vec!["published/invalid_format"]),
        (json!({"published": "2023-02-29"}), vec!["published/invalid_format"]),
        (json!({"title": "", "pin": "123"}), vec!["title/too_short", "pin/too_short"]),
        (json!({"title": "äöüäöüäöüäö"}), vec!["title/too_long"]),
        (json!({"isbn": "y", "Title": 1}), vec!["isbn/invalid_format", "Title/unknown_field"]),
    ] {
        let mut body = json!({"title": "äöüäöüäöüä", "subtitle": null, "pin": "1234"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let response = library.send("POST", "/books", WRITER, Some(&body.to_string())).await;
        assert_eq!(response.problems(), expected, "{more}");
        assert_eq!(response.status, if expected.is_empty() { 201 } else { 422 }, "{more}");
        // A response does not contain a rejected pin.
        assert!(!response.body.to_string().contains("123"), "{}", response.body);
    }
}

const KINDS: [&str; 7] = ["true", "0.25", "-7", "9007199254740993", "4294967295", "2024-02-29", "science-fiction"];
const NAMES: [&str; 7] = ["flag", "ratio", "count", "big", "floor", "day", "genre"];
const LOUD: (&str, &str) = ("X-Loud", "true");

/// The path with the value of one parameter replaced.
fn kinds(name: &str, value: &str) -> String {
    let value = |(own, usual): (&str, &str)| if own == name { value.to_owned() } else { usual.to_owned() };
    let segments: Vec<_> = NAMES.into_iter().zip(KINDS).map(value).collect();
    format!("/kinds/{}", segments.join("/"))
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_parsed_by_their_types() {
    let library = TestServer::new(LONG);
    let path = format!("{}?shelf=40", kinds("", ""));
    let response = library.send("GET", &path, &[READER[0], LOUD], None).await;
    let expected = json!({
        "path": "GetKindsPath { big: 9007199254740993, count: -7, day: 2024-02-29, flag: true, floor: 4294967295, \
                 genre: ScienceFiction, ratio: 0.25 }",
        "query": "GetKindsQuery { isbn: None, least: -2, pages: 250, self_: None, shelf: 40, type: None, until: None, \
                  wanted: true, weight: None }",
        "header": "GetKindsHeader { x_genre: None, x_loud: true, x_seats: 4, x_seen: None, x_word: None, \
                   x_volume: None }",
    });
    assert_eq!(response.body, expected, "the defaults are filled in");

    let query =
        "shelf=0&wanted=false&least=5&pages=-1&weight=1.5&until=2024-01-01&type=self&self=desc&isbn=x%26+y&other=1";
    let headers = [
        READER[0],
        ("x-lOUD", "false"),
        ("X-Volume", "-1e3"),
        ("x-seats", "1"),
        ("x-seen", "2024-02-29T00:00:00+01:00"),
        ("x-genre", "crime"),
        ("x-word", "abcd"),
    ];
    let response = library.send("GET", &format!("{}?{query}", kinds("", "")), &headers, None).await;
    assert_eq!(
        response.body["query"],
        r#"GetKindsQuery { isbn: Some(Isbn("x& y")), least: 5, pages: -1, self_: Some(Desc), shelf: 0, type: Some(Self_), until: Some(2024-01-01), wanted: false, weight: Some(1.5) }"#
    );
    assert_eq!(
        response.body["header"],
        r#"GetKindsHeader { x_genre: Some(Crime), x_loud: false, x_seats: 1, x_seen: Some(DateTime(2024-02-28T23:00:00Z)), x_word: Some("abcd"), x_volume: Some(-1000.0) }"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn problem_in_a_parameter_is_reported_with_its_name() {
    let library = TestServer::new(LONG);
    for (name, value, code) in [
        ("flag", "True", "invalid_type"),
        ("flag", "1", "invalid_type"),
        ("ratio", "0.51", "out_of_range"),
        ("ratio", "-1e-9", "out_of_range"),
        ("ratio", "NaN", "invalid_type"),
        ("count", "1.0", "invalid_type"),
        ("count", "%201", "invalid_type"),
        ("count", "0x1", "invalid_type"),
        ("count", "01", "invalid_type"),
        ("count", "null", "invalid_type"),
        ("big", "9223372036854775808", "out_of_range"),
        ("floor", "-1", "out_of_range"),
        ("floor", "4294967296", "out_of_range"),
        ("day", "2024-2-29", "invalid_format"),
        ("day", "2023-02-29", "invalid_format"),
        ("genre", "Crime", "invalid_format"),
    ] {
        let response = library.send("GET", &format!("{}?shelf=1", kinds(name, value)), &[READER[0], LOUD], None).await;
        assert_eq!((response.status, response.problems()), (422, vec![format!("{name}/{code}").as_str()]), "{value}");
    }

    for (query, expected) in [
        ("", "shelf/required"),
        ("shelf=", "shelf/invalid_type"),
        ("shelf=41", "shelf/out_of_range"),
        ("shelf=-1", "shelf/out_of_range"),
        ("shelf=+1", "shelf/invalid_type"),
        ("shelf=1&shelf=1", "shelf/duplicate"),
        ("shelf=1&sh%65lf=2", "shelf/duplicate"),
        ("shelf=1&least=6", "least/out_of_range"),
        ("shelf=1&least=", "least/invalid_type"),
        ("shelf=1&wanted=yes", "wanted/invalid_type"),
        ("shelf=1&weight=1e39", "weight/out_of_range"),
        ("shelf=1&until=2024-01-32", "until/invalid_format"),
        ("shelf=1&type=", "type/invalid_format"),
        ("shelf=1&self=up", "self/invalid_format"),
        ("shelf=1&isbn=123", "isbn/invalid_format"),
    ] {
        let response = library.send("GET", &format!("{}?{query}", kinds("", "")), &[READER[0], LOUD], None).await;
        assert_eq!((response.status, response.problems()), (422, vec![expected]), "{query}");
    }

    let path = format!("{}?shelf=1", kinds("", ""));
    for (headers, expected) in [
        (&[][..], "X-Loud/required"),
        (&[("x-loud", "LOUD")], "X-Loud/invalid_type"),
        (&[LOUD, LOUD], "X-Loud/duplicate"),
        (&[LOUD, ("x-volume", "11.5")], "x-volume/out_of_range"),
        (&[LOUD, ("x-seats", "0")], "X-Seats/out_of_range"),
        (&[LOUD, ("x-seats", "")], "X-Seats/invalid_type"),
        (&[LOUD, ("x-seen", "yesterday")], "X-Seen/invalid_format"),
        (&[LOUD, ("x-genre", "none")], "X-Genre/invalid_format"),
        (&[LOUD, ("x-word", "a")], "X-Word/too_short"),
        (&[LOUD, ("x-word", "abcde")], "X-Word/too_long"),
        (&[LOUD, ("x-word", "ABC")], "X-Word/invalid_format"),
    ] {
        let headers: Vec<_> = headers.iter().copied().chain([READER[0]]).collect();
        let response = library.send("GET", &path, &headers, None).await;
        assert_eq!((response.status, response.problems()), (422, vec![expected]), "{headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_problems_are_reported_at_once() {
    let library = TestServer::new(LONG);
    let path = format!("{}?shelf=99&least=x", kinds("flag", "maybe"));
    let response = library.send("GET", &path, &[READER[0], JSON], None).await;
    assert_eq!(
        response.problems(),
        ["flag/invalid_type", "least/invalid_type", "shelf/out_of_range", "X-Loud/required"]
    );

    let body = r#"{"subtitle": 1, "author": "nobody", "tags": ["a", "a"], "x": 1, "x": 2}"#;
    let response = library.send("POST", "/books", WRITER, Some(body)).await;
    let expected = [
        "x/duplicate",
        "title/required",
        "subtitle/invalid_type",
        "author/unknown",
        "pin/required",
        "tags[1]/duplicate",
        "x/unknown_field",
    ];
    assert_eq!(response.problems(), expected);
}
