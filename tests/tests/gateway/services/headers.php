<?php
// Responds with the variables of the request's headers as JSON.
$headers = [];
foreach ($_SERVER as $name => $value) {
    if (str_starts_with($name, 'HTTP_')) {
        $headers[] = [$name, $value];
    }
}
$body = json_encode(['headers' => $headers], JSON_INVALID_UTF8_SUBSTITUTE);
header('Content-Type: application/json');
header('Content-Length: ' . strlen($body));
echo $body;
