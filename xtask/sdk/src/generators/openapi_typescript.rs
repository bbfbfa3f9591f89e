//! openapi-typescript, whose types openapi-fetch uses.

use super::{Generator, Language};

pub const GENERATOR: Generator = Generator {
    name: "openapi-typescript",
    title: "openapi-typescript, openapi-fetch",
    language: Language::TypeScript,
    package: "openapi-typescript@7.13.0",
    npm: &[
        "openapi-typescript@7.13.0",
        "openapi-fetch@0.17.0",
        "typescript@5.9.3",
        "tsx@4.23.15",
        "@types/node@20.19.43",
    ],
    pypi: &[],
    needs: &["node", "npm"],
    generate: "openapi-typescript aether.yaml --output client/schema.ts",
    compile: "tsc",
    compiler: "tsc --strict",
    run: "tsx lifecycle.ts",
    page: None,
    fails: None,
    remark: "",
};
