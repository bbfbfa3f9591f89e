//! openapi-generator's typescript-axios.

use super::{Generator, Language, OPENAPI_GENERATOR, TSX, TYPES_NODE, TYPESCRIPT};

pub const GENERATOR: Generator = Generator {
    name: "openapi-generator-typescript-axios",
    title: "openapi-generator, typescript-axios",
    language: Language::TypeScript,
    package: OPENAPI_GENERATOR,
    npm: &["axios@1.21.1", TYPESCRIPT, TSX, TYPES_NODE],
    pypi: &[OPENAPI_GENERATOR],
    needs: &["node", "npm", "java"],
    generate: "openapi-generator-cli generate --generator-name typescript-axios \
        --input-spec aether.yaml --output client",
    compile: "tsc",
    compiler: "tsc --strict",
    run: "tsx lifecycle.ts",
    guide: None,
    fails: None,
    remark: "",
};
