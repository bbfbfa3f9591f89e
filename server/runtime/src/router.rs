//! The router of the [`Server`](super::server::Server): operations and further endpoints, by path and method.
//!
//! Empty segments of a path are skipped, as dropshot does, so `//` and a `/` at the end make no difference. A literal segment comes
//! before a variable one, so `/things/new` can be beside `/things/{thingID}`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use dropshot::{Body, HttpResponse};
use futures::future::{BoxFuture, FutureExt};
use http::header::ALLOW;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Response, Uri};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use tracing::error;

use super::endpoint::{AccessControl, Endpoint, ErrorOf, Guarded, Public, RejectionBody};
use super::operation::Operation;
use super::pipeline::{Context, respond_guarded, respond_public};
use super::rejection::Rejection;
use super::request::{PathVariables, RoutedRequest};
use super::response::{internal, undocumented};

type Handler<S> = Arc<dyn Fn(Arc<Context<S>>, RoutedRequest) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// Builds the response to a request that the router itself rejects.
type Reject = fn(&Rejection) -> Response<Body>;

/// The endpoints of a server by path and method.
pub struct Router<S> {
    root: Node<S>,
    rewrites: Vec<Rewrite>,
    reject: Reject,
}

/// A family of targets that are served as others.
struct Rewrite {
    prefix: &'static str,
    target: fn(&str) -> PathAndQuery,
}

/// A segment of a path.
struct Node<S> {
    literals: Vec<(&'static str, Node<S>)>,
    variable: Option<Box<Node<S>>>,
    resource: Option<Resource<S>>,
}

/// A path with its methods.
struct Resource<S> {
    /// The path template.
    route: &'static str,
    methods: Vec<(Method, Route<S>)>,
    allow: HeaderValue,
    reject: Reject,
}

/// An endpoint.
pub(crate) struct Route<S> {
    /// The path template.
    pub(crate) path: &'static str,
    /// The variables of the path.
    pub(crate) variables: Vec<&'static str>,
    /// The operation, if the document has it.
    pub(crate) operation: Option<&'static Operation>,
    pub(crate) handler: Handler<S>,
}

/// The result of a search.
pub(crate) enum Found<'r, S> {
    Endpoint(&'r Route<S>, PathVariables),
    /// The path has no endpoint, or none with the method.
    Rejected {
        /// The path template.
        path: Option<&'static str>,
        response: Response<Body>,
    },
}

impl<S> fmt::Debug for Router<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router").finish_non_exhaustive()
    }
}

impl<S> Default for Node<S> {
    fn default() -> Self {
        Self { literals: Vec::new(), variable: None, resource: None }
    }
}

impl<S: Send + Sync + 'static> Router<S> {
    /// A router without endpoints. `X` is the error schema of the responses to unknown paths.
    #[must_use]
    pub fn new<A: RejectionBody<X, Service = S>, X: Serialize + Send>() -> Self {
        Self { root: Node::default(), rewrites: Vec::new(), reject: rejected::<A, X> }
    }

    /// Adds an operation that requires a credential.
    ///
    /// # Panics
    /// Panics if the path has the method already.
    pub fn guarded<A: AccessControl<Service = S> + RejectionBody<ErrorOf<E>>, E: Guarded<A>>(&mut self) {
        let handler = |context: Arc<Context<S>>, request| {
            async move { response(respond_guarded::<A, E>(&context, request).await) }.boxed()
        };
        self.operation::<A, E>(Arc::new(handler));
    }

    /// Adds a public operation.
    ///
    /// # Panics
    /// Panics if the path has the method already.
    pub fn public<A: RejectionBody<ErrorOf<E>, Service = S>, E: Public<A>>(&mut self) {
        let handler = |context: Arc<Context<S>>, request| {
            async move { response(respond_public::<A, E>(&context, request).await) }.boxed()
        };
        self.operation::<A, E>(Arc::new(handler));
    }

    /// Adds an endpoint outside the document.
    ///
    /// # Panics
    /// Panics if the path has the method already.
    pub fn endpoint<F: Future<Output = Response<Body>> + Send + 'static>(
        &mut self,
        method: Method,
        path: &'static str,
        handler: impl Fn(Arc<Context<S>>, RoutedRequest) -> F + Send + Sync + 'static,
    ) {
        let handler: Handler<S> = Arc::new(move |context, request| handler(context, request).boxed());
        self.add(method, Route { path, variables: Vec::new(), operation: None, handler }, self.reject);
    }

    /// Serves each request whose path starts with `prefix` as a GET of another target, with any method but CONNECT. `target` receives the
    /// rest of the path as the client sent it, without the query.
    pub fn rewrite(&mut self, prefix: &'static str, target: fn(&str) -> PathAndQuery) {
        self.rewrites.push(Rewrite { prefix, target });
    }

    /// The target of a request that is served as a GET of another one.
    pub(crate) fn rewritten(&self, method: &Method, uri: &Uri) -> Option<Uri> {
        // A success of CONNECT would open a tunnel.
        if method == Method::CONNECT {
            return None;
        }
        let rest = |rewrite: &Rewrite| Some((rewrite.target)(uri.path().strip_prefix(rewrite.prefix)?));
        let target = self.rewrites.iter().find_map(rest)?;
        // The authority is that of the request.
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(target);
        Uri::from_parts(parts).ok()
    }

    fn operation<A: RejectionBody<ErrorOf<E>, Service = S>, E: Endpoint>(&mut self, handler: Handler<S>) {
        let Operation { method, path, .. } = E::OPERATION;
        let method = method.parse().expect("the document has valid methods");
        self.add(
            method,
            Route { path, variables: Vec::new(), operation: Some(E::OPERATION), handler },
            rejected::<A, ErrorOf<E>>,
        );
    }

    fn add(&mut self, method: Method, mut route: Route<S>, reject: Reject) {
        let mut node = &mut self.root;
        for segment in route.path.split('/').filter(|segment| !segment.is_empty()) {
            let variable = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
            node = if let Some(name) = variable {
                route.variables.push(name);
                node.variable.get_or_insert_default()
            } else {
                node.literal(segment)
            };
        }
        let path = route.path;
        let allow = HeaderValue::from_static("");
        let resource = node.resource.get_or_insert(Resource { route: path, methods: Vec::new(), allow, reject });
        assert!(!resource.methods.iter().any(|(known, _)| *known == method), "{method} {path} is there already");
        resource.methods.push((method, route));
        let methods: Vec<_> = resource.methods.iter().map(|(method, _)| method.as_str()).collect();
        resource.allow = HeaderValue::try_from(methods.join(", ")).expect("methods are tokens");
    }

    /// Finds the endpoint of a request. A path that has no valid percent-encoding of UTF-8, or a segment `.` or `..`, is unknown.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_, S> {
        let mut segments = Vec::with_capacity(8);
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            match percent_decode_str(segment).decode_utf8() {
                Ok(decoded) if !matches!(segment, "." | "..") => segments.push(decoded),
                _ => return self.not_found(),
            }
        }
        let mut values = Vec::new();
        let Some(resource) = self.root.find(&segments, &mut values) else { return self.not_found() };
        let Some((_, route)) = resource.methods.iter().find(|(known, _)| known == method) else {
            let mut response = (resource.reject)(&Rejection::MethodNotAllowed);
            response.headers_mut().insert(ALLOW, resource.allow.clone());
            return Found::Rejected { path: Some(resource.route), response };
        };
        let value = |(name, value): (&&'static str, &Cow<'_, str>)| (Cow::Borrowed(*name), value.clone().into_owned());
        Found::Endpoint(route, route.variables.iter().zip(values).map(value).collect())
    }

    fn not_found(&self) -> Found<'_, S> {
        Found::Rejected { path: None, response: (self.reject)(&Rejection::NotFound) }
    }
}

impl<S> Node<S> {
    fn literal(&mut self, segment: &'static str) -> &mut Self {
        let index = self.literals.iter().position(|(literal, _)| *literal == segment).unwrap_or_else(|| {
            self.literals.push((segment, Self::default()));
            self.literals.len() - 1
        });
        &mut self.literals[index].1
    }

    /// The resource of a path. `values` receives the values of its variables.
    fn find<'n, 's>(
        &'n self,
        segments: &'s [Cow<'s, str>],
        values: &mut Vec<&'s Cow<'s, str>>,
    ) -> Option<&'n Resource<S>> {
        let Some((first, rest)) = segments.split_first() else { return self.resource.as_ref() };
        let literal = self.literals.iter().find(|(literal, _)| literal == first);
        if let Some(found) = literal.and_then(|(_, node)| node.find(rest, values)) {
            return Some(found);
        }
        let node = self.variable.as_ref()?;
        values.push(first);
        let found = node.find(rest, values);
        if found.is_none() {
            values.pop();
        }
        found
    }
}

fn rejected<A: RejectionBody<X>, X: Serialize + Send>(rejection: &Rejection) -> Response<Body> {
    undocumented(rejection, &A::error_body(rejection))
}

fn response(response: impl HttpResponse) -> Response<Body> {
    response.to_result().unwrap_or_else(|error| {
        error!(%error, "the response cannot be sent");
        internal()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::endpoint::ServiceAdapter;
    use super::*;

    struct Adapter;

    impl ServiceAdapter for Adapter {
        type Service = ();
    }

    impl RejectionBody<Value> for Adapter {
        fn error_body(rejection: &Rejection) -> Value {
            json!(rejection.status())
        }
    }

    fn router(routes: &[(Method, &'static str)]) -> Router<()> {
        let mut router = Router::new::<Adapter, Value>();
        for (method, path) in routes {
            router.endpoint(method.clone(), path, |_, _| async { Response::new(Body::empty()) });
        }
        router
    }

    fn found(router: &Router<()>, method: &Method, path: &str) -> String {
        match router.find(method, path) {
            Found::Endpoint(route, variables) => {
                let variables: Vec<_> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{} {}", route.path, variables.join(" ")).trim_end().to_owned()
            }
            Found::Rejected { response, .. } => match response.headers().get(ALLOW) {
                Some(allow) => format!("{} {}", response.status().as_u16(), allow.to_str().unwrap()),
                None => response.status().as_u16().to_string(),
            },
        }
    }

    #[test]
    fn paths_with_a_prefix_are_rewritten_as_the_client_sent_them() {
        let mut router = router(&[]);
        router.rewrite("/as", |rest| format!("/b?{}", rest.replace('/', "!")).parse().unwrap());
        for (target, expected) in [
            ("/as", Some("/b?")),
            ("/as;x/y/../z%2F//w?q", Some("/b?;x!y!..!z%2F!!w")),
            ("http://user@host:1/as/%FF", Some("http://user@host:1/b?!%FF")),
            ("//as", None),
            ("/%61s", None),
            ("/As", None),
            ("/b?/as", None),
            ("*", None),
            ("host:443", None),
        ] {
            let rewritten = |method| router.rewritten(&method, &target.parse().unwrap()).map(|uri| uri.to_string());
            assert_eq!(rewritten(Method::POST).as_deref(), expected, "{target}");
            assert_eq!(rewritten(Method::CONNECT), None, "{target}");
        }
    }

    #[test]
    fn paths_are_matched_by_segment_with_literals_first() {
        let router = router(&[
            (Method::GET, "/"),
            (Method::GET, "/things/{id}"),
            (Method::PUT, "/things/{id}"),
            (Method::GET, "/things/new"),
            (Method::GET, "/things/new/a"),
            (Method::GET, "/things/{thing}/parts/{part}"),
        ]);
        for (path, expected) in [
            ("/", "/"),
            ("", "/"),
            ("/things/7", "/things/{id} id=7"),
            ("//things///7/", "/things/{id} id=7"),
            ("/things/new", "/things/new"),
            ("/things/n%65w", "/things/new"),
            ("/things/new/parts/1", "/things/{thing}/parts/{part} thing=new part=1"),
            ("/things/new/a", "/things/new/a"),
            ("/things/a%2Fb/parts/%C3%A4", "/things/{thing}/parts/{part} thing=a/b part=ä"),
            ("/things/%zz", "/things/{id} id=%zz"),
            ("/things/%FF", "404"),
            ("/things/..", "404"),
            ("/things/./parts/1", "404"),
            ("/things", "404"),
            ("/things/1/parts", "404"),
            ("/Things/1", "404"),
        ] {
            assert_eq!(found(&router, &Method::GET, path), expected, "{path}");
        }
        assert_eq!(found(&router, &Method::DELETE, "/things/7"), "405 GET, PUT");
        assert_eq!(found(&router, &Method::PUT, "/things/new"), "405 GET");
    }
}
