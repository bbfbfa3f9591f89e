//! openapi-generator's java.

use super::{Generator, GuideProgram, Language, OPENAPI_GENERATOR};

pub const GENERATOR: Generator = Generator {
    name: "openapi-generator-java",
    title: "openapi-generator, java native",
    language: Language::Java,
    package: OPENAPI_GENERATOR,
    npm: &[],
    pypi: &[OPENAPI_GENERATOR],
    // The packages libhttpmime-java and libjakarta-annotation-api-java of Debian.
    needs: &["java", "javac", "/usr/share/java/httpmime.jar", "/usr/share/java/jakarta-annotation-api.jar"],
    generate: "openapi-generator-cli generate -i aether.yaml -g java --library native \
        -p openApiNullable=false,useJakartaEe=true,groupId=cloud.aether,artifactId=aether-client \
        -p invokerPackage=cloud.aether.client,apiPackage=cloud.aether.client.api,\
        modelPackage=cloud.aether.client.model \
        -o client",
    // The generator is a Java archive with Jackson and the HTTP client of Apache in it.
    compile: "rm -rf classes
        package=$(python3 -c 'import openapi_generator_cli as package; print(package.__path__[0])')
        archives=$package/openapi-generator.jar:/usr/share/java/httpmime.jar:/usr/share/java/jakarta-annotation-api.jar
        javac -proc:none -Xlint:-path -cp $archives -d classes $(find client/src/main -name '*.java')
        javac -proc:none -Xlint:all,-path -Werror -cp classes:$archives -d classes Lifecycle.java Guide.java
        echo classes:$archives > classpath",
    compiler: "javac",
    run: "java -cp $(cat classpath) Lifecycle",
    guide: Some(GuideProgram {
        document: "java.md",
        blocks: "java",
        file: "Guide.java",
        run: "java -cp $(cat classpath) Guide",
    }),
    fails: None,
    remark: "",
};
