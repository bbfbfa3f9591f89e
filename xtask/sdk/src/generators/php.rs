//! openapi-generator's php.

use super::{Generator, GuideProgram, Language, OPENAPI_GENERATOR};

pub const GENERATOR: Generator = Generator {
    name: "openapi-generator-php",
    title: "openapi-generator, php",
    language: Language::Php,
    package: OPENAPI_GENERATOR,
    npm: &[],
    pypi: &[OPENAPI_GENERATOR],
    // The package php-guzzlehttp-guzzle of Debian.
    needs: &["java", "php", "/usr/share/php/GuzzleHttp/autoload.php"],
    generate: r"openapi-generator-cli generate -i aether.yaml -g php \
        -p 'invokerPackage=Aether\Client,composerPackageName=aether/client' -o client",
    compile: "for file in $(find client/lib -name '*.php') lifecycle.php guide.php; do php -l $file; done",
    compiler: "php -l",
    run: "php -d error_reporting=-1 -d display_errors=stderr lifecycle.php",
    guide: Some(GuideProgram {
        document: "php.md",
        blocks: "php",
        file: "guide.php",
        run: "php -d error_reporting=-1 -d display_errors=stderr guide.php",
    }),
    fails: None,
    remark: "A boolean in a query is `0` or `1` until the [default configuration](sdks/php.md#first-token) is changed.",
};
