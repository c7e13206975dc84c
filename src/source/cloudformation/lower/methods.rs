//! The methods of REST APIs: written as resources, or in an OpenAPI document.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>

use std::collections::{BTreeMap, BTreeSet, HashMap};

use litemap::LiteMap;

use super::super::Origin;
use super::{Item, Lowering, entry};
use crate::estate::token;
use crate::model::apigateway::{Api, ApiResource, Authorizer, Integration, Method, MethodSummary, Validator};
use crate::model::{Kind, Known, Unknown};
use crate::source::planned::Resolved;

/// Resources of an API by path.
type Resources = BTreeMap<String, ApiResource>;

/// Fields of a method of the model and of a template.
const METHOD: [(&str, &str); 4] = [
    ("/authorization", "AuthorizationType"),
    ("/api_key_required", "ApiKeyRequired"),
    ("/request_parameters", "RequestParameters"),
    ("/integration", "Integration"),
];

/// Longer than any path of an API.
const DEEPEST: usize = 64;

/// The methods of the declared APIs, gathered before they are put into the model.
#[derive(Default)]
pub(super) struct Methods<'a> {
    apis: BTreeMap<String, Written<'a>>,
}

struct Written<'a> {
    place: (&'a str, &'a str),
    resources: Known<Resources>,
    places: Vec<(String, String, Origin)>,
}

/// What an OpenAPI document says.
pub(super) struct Body {
    pub(super) resources: Known<Resources>,
    pub(super) authorizers: Known<BTreeMap<String, Authorizer>>,
    validators: Known<BTreeMap<String, Validator>>,
}

impl<'a> Methods<'a> {
    /// Begins an API with its root, or with what its document says.
    pub(super) fn open(&mut self, id: &str, place: (&'a str, &'a str), body: Option<Body>, api: Option<&mut Api>) {
        let root = || Resources::from([("/".to_owned(), ApiResource { id: "root".to_owned(), methods: LiteMap::new() })]);
        let resources = match (body, api) {
            (Some(body), Some(api)) => {
                (api.authorizers, api.validators) = (body.authorizers, body.validators);
                body.resources
            }
            (Some(body), None) => body.resources,
            (None, _) => Known::Value(root()),
        };
        self.apis.insert(id.to_owned(), Written { place, resources, places: Vec::new() });
    }

    /// Notes where the methods of an API's document stand below the property that holds it.
    pub(super) fn written(&mut self, id: &str, item: &Item<'_>, property: &str) {
        let Some(written) = self.apis.get_mut(id) else { return };
        for (path, operations) in item.properties.at(&[property, "paths"]).entries().unwrap_or_default() {
            let verbs = operations.entries().unwrap_or_default().iter().filter_map(|(key, _)| Some((key, verb_of(key)?)));
            written.places.extend(verbs.map(|(key, verb)| (path.clone(), verb, item.origin(&[property, "paths", path, key]))));
        }
    }

    /// Whether an API was begun.
    pub(super) fn has(&self, id: &str) -> bool {
        self.apis.contains_key(id)
    }

    /// A method that an API has already.
    pub(super) fn method(&mut self, api: &str, path: &str, verb: &str) -> Option<&mut Method> {
        self.apis.get_mut(api)?.resources.value_mut()?.get_mut(path)?.methods.get_mut(verb)
    }

    /// Adds a method, or a resource without one, to an API that is declared.
    pub(super) fn add(&mut self, api: &str, path: Result<String, Unknown>, id: &str, method: Option<(String, Method, Origin)>) {
        let Some(written) = self.apis.get_mut(api) else { return };
        match (path, &mut written.resources) {
            (Err(unknown), resources) => *resources = Known::Unknown(unknown),
            (Ok(path), Known::Value(resources)) => {
                let resource = resources.entry(path.clone()).or_insert_with(|| ApiResource { id: id.to_owned(), methods: LiteMap::new() });
                if let Some((verb, method, origin)) = method {
                    written.places.push((path, verb.clone(), origin));
                    resource.methods.insert(verb, method);
                }
            }
            (Ok(_), Known::Unknown(_)) => {}
        }
    }
}

impl<'a> Lowering<'_, 'a> {
    /// `AWS::ApiGateway::Resource` and `AWS::ApiGateway::Method`.
    pub(super) fn methods(&mut self, methods: &mut Methods<'a>) {
        let resources = self.take("AWS::ApiGateway::Resource");
        let paths = paths(resources.iter().map(|item| (self.id(item), item)));
        for item in &resources {
            if let Ok(Some(api)) = item.get("RestApiId").text() {
                let id = self.id(item);
                methods.add(&api, item.sure(paths.get(&id).cloned().unwrap_or_else(|| Ok("/".to_owned()))), &id, None);
            }
        }
        for item in self.take("AWS::ApiGateway::Method") {
            let Ok(Some(api)) = item.get("RestApiId").text() else { continue };
            let path = item
                .sure(item.get("ResourceId").must("ResourceId"))
                .and_then(|id| paths.get(&id).cloned().unwrap_or_else(|| Ok("/".to_owned())));
            match item.get("HttpMethod").must("HttpMethod") {
                Ok(verb) => methods.add(&api, path, "root", Some((verb, method(&item), item.origin(&[])))),
                Err(unknown) => methods.add(&api, Err(unknown), "", None),
            }
        }
    }

    /// Puts what was gathered into the model.
    pub(super) fn settle(&mut self, methods: Methods<'a>) {
        for (id, written) in methods.apis {
            let (account, region) = written.place;
            if let Some(api) = entry(&mut self.region_of(account, region).apis, &id) {
                api.resources = written.resources;
            }
            let public = crate::estate::public_id(Kind::Api, written.place, "", &id);
            for (path, verb, origin) in written.places {
                let pointer = format!("/resources/{}/methods/{verb}", token(&path));
                for (part, name) in METHOD {
                    let way = [&origin.path[..], &[name.to_owned()]].concat();
                    self.draft.origins.point(Kind::Api, &public, format!("{pointer}{part}"), Origin { path: way, ..origin.clone() });
                }
                self.draft.origins.point(Kind::Api, &public, pointer, origin);
            }
        }
    }

    /// A deployed method stands where the method does.
    pub(super) fn deployed_places(&mut self, item: &Item<'a>, api: &str, deployment: &str) {
        let public = crate::estate::public_id(Kind::Api, self.place(item), "", api);
        let Some(Known::Value(api)) = (match &self.region(item).apis {
            Known::Value(apis) => apis.get(api),
            Known::Unknown(_) => None,
        }) else {
            return;
        };
        let verbs = |(path, resource): (&String, &ApiResource)| {
            resource.methods.keys().map(|verb| (path.clone(), verb.clone())).collect::<Vec<_>>()
        };
        let verbs: Vec<_> = api.resources.read().into_iter().flatten().flat_map(verbs).collect();
        for (path, verb) in verbs {
            let head = format!("/deployments/{}/summary/{}/{verb}", token(deployment), token(&path));
            self.draft.origins.same(Kind::Api, &public, &head, &format!("/resources/{}/methods/{verb}", token(&path)));
        }
    }
}

/// The path of each resource, made of its parents'.
fn paths<'i, 'a: 'i>(items: impl Iterator<Item = (String, &'i Item<'a>)>) -> HashMap<String, Result<String, Unknown>> {
    let parts: HashMap<String, Result<(String, String), Unknown>> = items
        .map(|(id, item)| {
            (id, item.get("ParentId").must("ParentId").and_then(|parent| Ok((parent, item.get("PathPart").must("PathPart")?))))
        })
        .collect();
    let path = |id: &String| -> Result<String, Unknown> {
        let (mut path, mut at) = (Vec::new(), id);
        while let Some(part) = parts.get(at) {
            let (parent, part) = part.as_ref().map_err(Clone::clone)?;
            path.push(part.as_str());
            at = parent;
            if path.len() > DEEPEST {
                return Err(Unknown::unresolved("the resources of the API are their own parents"));
            }
        }
        path.reverse();
        Ok(format!("/{}", path.join("/")))
    };
    parts.keys().map(|id| (id.clone(), path(id))).collect()
}

fn method(item: &Item<'_>) -> Method {
    Method {
        authorization: Known::from(item.get("AuthorizationType").text()).map(|kind| kind.unwrap_or_else(|| "NONE".to_owned())),
        authorizer_id: item.get("AuthorizerId").text().into(),
        api_key_required: Known::from(item.get("ApiKeyRequired").flag()).map(Option::unwrap_or_default),
        request_parameters: request_parameters(item.get("RequestParameters")).into(),
        validator_id: item.get("RequestValidatorId").text().into(),
        integration: integration(item.get("Integration"), ["Type", "PassthroughBehavior", "RequestTemplates"]).into(),
    }
}

fn request_parameters(value: &Resolved) -> Result<BTreeMap<String, bool>, Unknown> {
    value.entries()?.iter().map(|(name, required)| Ok((name.clone(), required.flag()?.unwrap_or_default()))).collect()
}

fn integration(value: &Resolved, [kind, passthrough, templates]: [&str; 3]) -> Result<Option<Integration>, Unknown> {
    let Some(kind) = value.field(kind).text()? else { return Ok(None) };
    let types: BTreeSet<String> = value.field(templates).entries()?.iter().map(|(name, _)| name.clone()).collect();
    let passthrough = value.field(passthrough).text()?.map(|word| word.to_uppercase());
    // Proxies take everything; the others pass on what has no template.
    let passthrough = passthrough.or_else(|| Some("WHEN_NO_MATCH".to_owned()));
    Ok(Some(Integration { kind: kind.to_uppercase(), passthrough, template_types: types.into_iter().collect() }))
}

/// What a deployment of these resources will serve.
pub(super) fn summary(resources: &Known<Resources>) -> Result<BTreeMap<String, BTreeMap<String, MethodSummary>>, Unknown> {
    let mut summary = BTreeMap::new();
    for (path, resource) in resources.read()? {
        let mut verbs = BTreeMap::new();
        for (verb, method) in &resource.methods {
            let (authorization, api_key_required) = (method.authorization.read()?.clone(), *method.api_key_required.read()?);
            verbs.insert(verb.clone(), MethodSummary { authorization, api_key_required });
        }
        if !verbs.is_empty() {
            summary.insert(path.clone(), verbs);
        }
    }
    Ok(summary)
}

/// What an OpenAPI document says of resources, authorizers and validators.
pub(super) fn from_body(body: &Resolved) -> Body {
    let schemes = body
        .at(&["components", "securitySchemes"])
        .entries()
        .and_then(|new| Ok([new, body.field("securityDefinitions").entries()?].concat()));
    let schemes = schemes.map(|schemes| schemes.into_iter().collect::<BTreeMap<_, _>>());
    let resources = schemes.as_ref().map_err(Clone::clone).and_then(|schemes| resources(body, schemes));
    let authorizers =
        schemes.and_then(|schemes| schemes.iter().filter_map(|(name, scheme)| authorizer(name, scheme).transpose()).collect());
    let flag = |value: &Resolved, name: &str| value.field(name).flag().map(Option::unwrap_or_default);
    let validators = body.field("x-amazon-apigateway-request-validators").entries().and_then(|validators| {
        let one = |(name, value): &(String, Resolved)| -> Result<_, Unknown> {
            Ok((
                name.clone(),
                Validator { parameters: flag(value, "validateRequestParameters")?, body: flag(value, "validateRequestBody")? },
            ))
        };
        validators.iter().map(one).collect()
    });
    Body { resources: resources.into(), authorizers: Known::from(authorizers), validators: Known::from(validators) }
}

fn authorizer(name: &str, scheme: &Resolved) -> Result<Option<(String, Authorizer)>, Unknown> {
    let own = scheme.field("x-amazon-apigateway-authorizer");
    let Some(kind) = own.field("type").text()? else { return Ok(None) };
    let header = scheme.field("name").text()?.filter(|name| name != "Unused");
    let identity_source = own.field("identitySource").text()?.or(header.map(|name| format!("method.request.header.{name}")));
    Ok(Some((name.to_owned(), Authorizer { name: name.to_owned(), kind: kind.to_uppercase(), identity_source })))
}

/// The verb that a key of a document's path stands for, if for one.
fn verb_of(key: &str) -> Option<String> {
    const VERBS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "X-AMAZON-APIGATEWAY-ANY-METHOD"];
    let verb = key.to_ascii_uppercase();
    VERBS.contains(&verb.as_str()).then(|| if verb.starts_with("X-") { "ANY".to_owned() } else { verb })
}

type Schemes = BTreeMap<String, Resolved>;

fn resources(body: &Resolved, schemes: &Schemes) -> Result<Resources, Unknown> {
    let mut resources = Resources::new();
    for (path, item) in body.field("paths").entries()? {
        let mut methods = LiteMap::new();
        for (key, operation) in item.entries()? {
            if let Some(verb) = verb_of(key) {
                methods.insert(verb, operation_method(body, item, operation, schemes)?);
            }
        }
        resources.insert(path.clone(), ApiResource { id: path.clone(), methods });
    }
    resources.entry("/".to_owned()).or_insert_with(|| ApiResource { id: "root".to_owned(), methods: LiteMap::new() });
    Ok(resources)
}

fn operation_method(body: &Resolved, item: &Resolved, operation: &Resolved, schemes: &Schemes) -> Result<Method, Unknown> {
    let operation = operation.must_be_known()?;
    let own = |name: &str| Ok::<_, Unknown>(operation.field(name).text()?.or(body.field(name).text()?));
    let (authorization, authorizer_id, api_key_required) = security(operation, schemes)?;
    Ok(Method {
        authorization: Known::Value(authorization),
        authorizer_id: Known::Value(authorizer_id),
        api_key_required: Known::Value(api_key_required),
        request_parameters: parameters(&[item, operation]).into(),
        validator_id: Known::Value(own("x-amazon-apigateway-request-validator")?),
        integration: integration(operation.field("x-amazon-apigateway-integration"), ["type", "passthroughBehavior", "requestTemplates"])
            .into(),
    })
}

/// How a method authorizes: by its own extension, or by the schemes that it names.
fn security(operation: &Resolved, schemes: &Schemes) -> Result<(String, Option<String>, bool), Unknown> {
    let (mut kind, mut id, mut key) = ("NONE".to_owned(), None, false);
    for requirement in operation.field("security").items()? {
        for (name, _) in requirement.entries()? {
            let Some(scheme) = schemes.get(name) else { continue };
            let authorizer = scheme.at(&["x-amazon-apigateway-authorizer", "type"]).text()?;
            match (authorizer, scheme.field("x-amazon-apigateway-authtype").text()?, scheme.field("type").text()?) {
                (Some(word), ..) => {
                    kind = if word.eq_ignore_ascii_case("cognito_user_pools") { "COGNITO_USER_POOLS" } else { "CUSTOM" }.to_owned();
                    id = Some(name.clone());
                }
                (None, Some(word), _) if word.eq_ignore_ascii_case("awsSigv4") => kind = "AWS_IAM".to_owned(),
                (None, _, Some(word)) if word.eq_ignore_ascii_case("apiKey") => key = true,
                _ => {}
            }
        }
    }
    if let Some(word) = operation.at(&["x-amazon-apigateway-auth", "type"]).text()? {
        kind = word.to_uppercase();
    }
    Ok((kind, id, key))
}

fn parameters(places: &[&Resolved]) -> Result<BTreeMap<String, bool>, Unknown> {
    let mut parameters = BTreeMap::new();
    for parameter in places.iter().map(|place| place.field("parameters").items()).collect::<Result<Vec<_>, _>>()?.concat() {
        let (Some(name), Some(place)) = (parameter.field("name").text()?, parameter.field("in").text()?) else { continue };
        let place = match place.as_str() {
            "query" => "querystring",
            "header" | "path" => &place,
            _ => continue,
        };
        let required = parameter.field("required").flag()?.unwrap_or_default();
        parameters.insert(format!("method.request.{place}.{name}"), required);
    }
    Ok(parameters)
}
