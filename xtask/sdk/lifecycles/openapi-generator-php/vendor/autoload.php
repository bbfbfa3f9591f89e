<?php

// The autoloader that `composer install` would write: the client, and Guzzle as Debian installs it.

require_once 'GuzzleHttp/autoload.php';

spl_autoload_register(function (string $class): void {
    $prefix = 'Aether\\Client\\';
    if (str_starts_with($class, $prefix)) {
        require __DIR__ . '/../client/lib/' . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
    }
});
