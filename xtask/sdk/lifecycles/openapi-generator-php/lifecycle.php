<?php

// The life of a token, from its creation to its rejection.

require 'vendor/autoload.php';

use Aether\Client\Api\TokensApi;
use Aether\Client\Api\VerificationApi;
use Aether\Client\ApiException;
use Aether\Client\Configuration;
use Aether\Client\Model\ApiTokenCreate;
use Aether\Client\Model\ApiTokenUpdate;
use Aether\Client\Model\ErrorBody;
use Aether\Client\Model\TokenRotation;

const COUNT = 300;
const SCOPES = ['deployments:read', 'deployments:write'];

function connect(string $token): Configuration
{
    return (new Configuration())
        ->setHost(getenv('AETHER_URL'))
        ->setAccessToken($token);
}

/** Lists the tokens of an organization, page by page. */
function all(TokensApi $tokens, string $organization): Generator
{
    $cursor = null;
    do {
        $page = $tokens->listApiTokens($organization, $cursor, 100);
        yield from $page->getItems();
        $cursor = $page->getNextCursor();
    } while ($cursor !== null);
}

function rejection(callable $request): ApiException
{
    try {
        $request();
    } catch (ApiException $error) {
        return $error;
    }
    throw new RuntimeException('the request was accepted');
}

/** The error of a response. */
function problem(ApiException $error): ErrorBody
{
    return $error->getResponseObject()->getError();
}

/** The codes of an invalid request by field. */
function fields(ApiException $error): array
{
    $codes = [];
    foreach (problem($error)->getDetails() as $detail) {
        $codes[$detail->getField()] = $detail->getCode();
    }
    return $codes;
}

function check(bool $condition, string $problem): void
{
    if (!$condition) {
        throw new RuntimeException($problem);
    }
}

function ok(string $step): void
{
    echo "ok $step\n";
}

// Read from the default configuration only: a boolean in a query is true or false, not 1 or 0.
Configuration::getDefaultConfiguration()->setBooleanFormatForQueryString(Configuration::BOOLEAN_FORMAT_STRING);

$owner = connect(getenv('AETHER_TOKEN'));
$tokens = new TokensApi(config: $owner);
$verification = new VerificationApi(config: $owner);
$organization = $tokens->getCurrentApiToken()->getOrgId();

$key = bin2hex(random_bytes(16));
$wanted = new ApiTokenCreate(['name' => 'deploy pipeline – 日本', 'scopes' => SCOPES]);
$issued = $tokens->createApiToken($organization, $wanted, $key);
check($issued->getName() === $wanted->getName(), "the name is {$issued->getName()}");
check($issued->getScopes() === SCOPES, 'the scopes are ' . implode(' ', $issued->getScopes()));
check($issued->getExpiresAt() === null, 'the token expires');
ok('create');

[$replayed, , $headers] = $tokens->createApiTokenWithHttpInfo($organization, $wanted, $key);
check($replayed == $issued, 'the replay has another token');
$headers = array_change_key_case($headers);
check(($headers['idempotency-replayed'] ?? []) === ['true'], 'the replay is not marked');
ok('replay');

$created = [];
foreach (range(0, COUNT - 1) as $number) {
    $worker = new ApiTokenCreate(['name' => "worker $number", 'scopes' => ['work:read']]);
    $key = bin2hex(random_bytes(16));
    $created[] = $tokens->createApiToken($organization, $worker, $key);
}
$listed = [];
foreach (all($tokens, $organization) as $token) {
    $listed[$token->getId()] = ($listed[$token->getId()] ?? 0) + 1;
}
foreach ($created as $token) {
    $times = $listed[$token->getId()] ?? 0;
    check($times === 1, "{$token->getId()} is listed $times times");
}
ok('paging');

$update = new ApiTokenUpdate(['name' => 'deploy pipeline (production)']);
$renamed = $tokens->updateApiToken($organization, $issued->getId(), $update);
check($renamed->getName() === $update->getName(), "the name is {$renamed->getName()}");
check($renamed->getScopes() === SCOPES, 'the scopes are ' . implode(' ', $renamed->getScopes()));
ok('update-absent');

$stripped = $tokens->updateApiToken($organization, $created[0]->getId(), new ApiTokenUpdate(['scopes' => []]));
check($stripped->getScopes() === [], 'the scopes are ' . implode(' ', $stripped->getScopes()));
check($stripped->getName() === $created[0]->getName(), "the name is {$stripped->getName()}");
ok('update-empty');

$rotation = new TokenRotation(['grace_seconds' => 60]);
$key = bin2hex(random_bytes(16));
$successor = $tokens->rotateApiToken($organization, $issued->getId(), $rotation, $key);
check($tokens->rotateApiToken($organization, $issued->getId(), $rotation, $key) == $successor, 'another successor');
check($successor->getToken() !== $issued->getToken(), 'the successor has the same secret');
$predecessor = (new TokensApi(config: connect($issued->getToken())))->getCurrentApiToken();
check($predecessor->getId() === $issued->getId(), "the predecessor is {$predecessor->getId()}");
check($predecessor->getRotatedTo() === $successor->getId(), "the successor is {$predecessor->getRotatedTo()}");
$service = connect($successor->getToken());
$current = (new TokensApi(config: $service))->getCurrentApiToken();
check($current->getId() === $successor->getId(), "the successor is {$current->getId()}");
ok('rotate');

$active = $verification->introspectApiToken($successor->getToken());
check($active->getActive() && $active->getSub() === $successor->getId(), 'the successor is not active');
check($active->getScope() === implode(' ', SCOPES), "the scope is {$active->getScope()}");
$unknown = $verification->introspectApiToken('unknown & + = ä');
check(!$unknown->getActive() && $unknown->getScope() === null, 'an unknown token is active');
ok('introspect');

$gateway = new VerificationApi(config: $service);
[, $status, $headers] = $gateway->authorizeRequestWithHttpInfo(implode(' ', SCOPES));
check($status === 200, "the status is $status");
$headers = array_change_key_case($headers);
check($headers['x-auth-org-id'] === [$organization], 'another organization');
check($headers['x-auth-token-id'] === [$successor->getId()], 'another token');
check($headers['x-auth-scopes'] === [implode(' ', SCOPES)], 'other scopes');
$error = rejection(fn () => $gateway->authorizeRequest('deployments:delete'));
check($error->getCode() === 403, "the status is {$error->getCode()}");
check(problem($error)->getCode() === 'insufficient_scope', 'the code is ' . problem($error)->getCode());
ok('authorize');

$invalid = new ApiTokenCreate([
    'name' => '   ',
    'scopes' => ['work:read', 'not a scope'],
    'expires_at' => '2020-01-01T00:00:00Z',
]);
$error = rejection(fn () => $tokens->createApiToken($organization, $invalid));
check($error->getCode() === 422, "the status is {$error->getCode()}");
check(problem($error)->getCode() === 'validation_failed', 'the code is ' . problem($error)->getCode());
$expected = ['name' => 'invalid_format', 'scopes[1]' => 'invalid_format', 'expires_at' => 'in_past'];
check(fields($error) == $expected, 'the details are ' . json_encode(fields($error)));
ok('invalid');

[, $status, $headers] = $tokens->revokeApiTokenWithHttpInfo($organization, $successor->getId(), true);
check($status === 204, "the status is $status");
check(array_change_key_case($headers)['x-revoked-count'] === ['1'], 'another count');
[, , $headers] = $tokens->revokeApiTokenWithHttpInfo($organization, $successor->getId());
check(array_change_key_case($headers)['x-revoked-count'] === ['0'], 'the repetition revoked a token');
$revoked = $tokens->getApiToken($organization, $successor->getId());
check($revoked->getRevokedAt() !== null && $revoked->getState() === 'revoked', "the state is {$revoked->getState()}");
ok('revoke');

$error = rejection(fn () => (new TokensApi(config: $service))->getCurrentApiToken());
check($error->getCode() === 401, "the status is {$error->getCode()}");
check(problem($error)->getCode() === 'unauthorized', 'the code is ' . problem($error)->getCode());
ok('refused');

$texts = [(string) $issued, print_r($issued, true), var_export($issued, true)];
$printed = array_filter($texts, fn (string $text) => str_contains($text, $issued->getToken()));
echo $printed ? "secret printed\n" : "secret hidden\n";
