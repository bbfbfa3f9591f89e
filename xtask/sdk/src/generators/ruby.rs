//! openapi-generator's ruby.

use super::{Generator, GuideProgram, Language, OPENAPI_GENERATOR};

pub const GENERATOR: Generator = Generator {
    name: "openapi-generator-ruby",
    title: "openapi-generator, ruby",
    language: Language::Ruby,
    package: OPENAPI_GENERATOR,
    npm: &[],
    pypi: &[OPENAPI_GENERATOR],
    // The package ruby-typhoeus of Debian.
    needs: &["java", "ruby", "/usr/share/rubygems-integration/all/gems/typhoeus-*"],
    generate: "openapi-generator-cli generate -i aether.yaml -g ruby \
        -p gemName=aether_client,moduleName=AetherClient -o client",
    compile: "for file in $(find client/lib -name '*.rb') lifecycle.rb guide.rb; do ruby -c $file; done",
    compiler: "ruby -c",
    run: "ruby -I client/lib lifecycle.rb",
    guide: Some(GuideProgram {
        document: "ruby.md",
        blocks: "ruby",
        file: "guide.rb",
        run: "ruby -I client/lib guide.rb",
    }),
    fails: None,
    remark: "",
};
