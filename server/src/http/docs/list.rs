// The list of the page's files, for this crate and for its build script.

/// Every file: `$file!(PATH IN URLS, MEDIA TYPE, FILE BELOW assets)`. The program contains the licences of what it
/// serves.
macro_rules! files {
    ($file:ident) => {
        [
            $file!("/docs", "text/html; charset=utf-8", "docs/page.html"),
            $file!("/docs/page.css", "text/css; charset=utf-8", "docs/page.css"),
            $file!("/docs/page.js", "text/javascript; charset=utf-8", "docs/page.js"),
            $file!("/docs/swagger-ui.css", "text/css; charset=utf-8", "swagger-ui/swagger-ui.css"),
            $file!("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8", "swagger-ui/swagger-ui-bundle.js"),
            $file!(
                "/docs/swagger-ui-bundle.js.LICENSE.txt",
                "text/plain; charset=utf-8",
                "swagger-ui/swagger-ui-bundle.js.LICENSE.txt"
            ),
            $file!("/docs/LICENSE", "text/plain; charset=utf-8", "swagger-ui/LICENSE"),
            $file!("/docs/NOTICE", "text/plain; charset=utf-8", "swagger-ui/NOTICE"),
        ]
    };
}
