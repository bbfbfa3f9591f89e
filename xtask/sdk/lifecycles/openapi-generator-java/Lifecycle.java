import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import cloud.aether.client.ApiClient;
import cloud.aether.client.ApiException;
import cloud.aether.client.JSON;
import cloud.aether.client.api.TokensApi;
import cloud.aether.client.api.VerificationApi;
import cloud.aether.client.model.ApiToken;
import cloud.aether.client.model.ApiTokenCreate;
import cloud.aether.client.model.ApiTokenUpdate;
import cloud.aether.client.model.ErrorBody;
import cloud.aether.client.model.ErrorEnvelope;
import cloud.aether.client.model.FieldError;
import cloud.aether.client.model.IssuedApiToken;
import cloud.aether.client.model.TokenRotation;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** The life of a token, from its creation to its rejection. */
public class Lifecycle {
    private static final int COUNT = 300;

    public static void main(String[] arguments) throws Exception {
        var owner = connect(System.getenv("AETHER_TOKEN"));
        var tokens = new TokensApi(owner);
        var verification = new VerificationApi(owner);
        var organization = tokens.getCurrentApiToken().getOrgId();

        var key = UUID.randomUUID().toString();
        var scopes = List.of("deployments:read", "deployments:write");
        var wanted = new ApiTokenCreate().name("deploy pipeline").scopes(Set.copyOf(scopes));
        var issued = tokens.createApiToken(organization, wanted, key);
        check(Set.copyOf(issued.getScopes()).equals(Set.copyOf(scopes)), "the scopes are " + issued.getScopes());
        check(issued.getExpiresAt() == null, "the token expires");
        ok("create");

        var replay = tokens.createApiTokenWithHttpInfo(organization, wanted, key);
        check(replay.getData().equals(issued), "the replay has another token");
        check(List.of("true").equals(replay.getHeaders().get("idempotency-replayed")), "the replay is not marked");
        ok("replay");

        var created = createMany(tokens, organization);
        var counts = listAll(tokens, organization).stream().collect(groupingBy(ApiToken::getId, counting()));
        for (var token : created) {
            var times = counts.getOrDefault(token.getId(), 0L);
            check(times == 1, token.getId() + " is listed " + times + " times");
        }
        ok("paging");

        var rename = new ApiTokenUpdate().name("deploy pipeline (production)");
        var renamed = tokens.updateApiToken(organization, issued.getId(), rename);
        check(renamed.getName().equals(rename.getName()), "the name is " + renamed.getName());
        check(renamed.getScopes().equals(issued.getScopes()), "the scopes are " + renamed.getScopes());
        ok("update-absent");

        var strip = new ApiTokenUpdate().scopes(Set.of());
        var stripped = tokens.updateApiToken(organization, created.get(0).getId(), strip);
        check(stripped.getScopes().isEmpty(), "the scopes are " + stripped.getScopes());
        check(stripped.getName().equals(created.get(0).getName()), "the name is " + stripped.getName());
        ok("update-empty");

        var rotation = new TokenRotation().graceSeconds(60);
        var rotationKey = UUID.randomUUID().toString();
        var successor = tokens.rotateApiToken(organization, issued.getId(), rotation, rotationKey);
        var again = tokens.rotateApiToken(organization, issued.getId(), rotation, rotationKey);
        check(again.equals(successor), "the replay has another successor");
        check(!successor.getToken().equals(issued.getToken()), "the successor has the same secret");
        var predecessor = new TokensApi(connect(issued.getToken())).getCurrentApiToken();
        check(predecessor.getId().equals(issued.getId()), "the predecessor is " + predecessor.getId());
        check(successor.getId().equals(predecessor.getRotatedTo()), "rotated to " + predecessor.getRotatedTo());
        var service = connect(successor.getToken());
        var current = new TokensApi(service).getCurrentApiToken();
        check(current.getId().equals(successor.getId()), "the successor is " + current.getId());
        ok("rotate");

        var active = verification.introspectApiToken(successor.getToken(), null);
        check(active.getActive() && successor.getId().equals(active.getSub()), "the successor is not active");
        check(Set.of(active.getScope().split(" ")).equals(Set.copyOf(scopes)), "the scope is " + active.getScope());
        var unknown = verification.introspectApiToken("unknown & + = ä", null);
        check(!unknown.getActive() && unknown.getScope() == null, "an unknown token is active");
        ok("introspect");

        var gateway = new VerificationApi(service);
        var authorized = gateway.authorizeRequestWithHttpInfo(String.join(" ", scopes)).getHeaders();
        check(List.of(organization.toString()).equals(authorized.get("x-auth-org-id")), "another organization");
        check(List.of(successor.getId().toString()).equals(authorized.get("x-auth-token-id")), "another token");
        check(Set.of(authorized.get("x-auth-scopes").get(0).split(" ")).equals(Set.copyOf(scopes)), "other scopes");
        var missing = rejection(() -> gateway.authorizeRequest("deployments:delete"));
        check(missing.getCode() == 403, "the status is " + missing.getCode());
        check(problem(missing).getCode().equals("insufficient_scope"), "the code is " + problem(missing).getCode());
        ok("authorize");

        var invalid = new ApiTokenCreate()
            .name("   ")
            .scopes(Set.of("not a scope"))
            .expiresAt("2020-01-01T00:00:00Z");
        var refused = rejection(() -> tokens.createApiToken(organization, invalid, null));
        check(refused.getCode() == 422, "the status is " + refused.getCode());
        check(problem(refused).getCode().equals("validation_failed"), "the code is " + problem(refused).getCode());
        var expected = Map.of("name", "invalid_format", "scopes[0]", "invalid_format", "expires_at", "in_past");
        check(fields(refused).equals(expected), "the details are " + fields(refused));
        ok("invalid");

        var revocation = tokens.revokeApiTokenWithHttpInfo(organization, successor.getId(), true);
        check(revocation.getStatusCode() == 204, "the status is " + revocation.getStatusCode());
        check(List.of("1").equals(revocation.getHeaders().get("x-revoked-count")), "another count");
        var repetition = tokens.revokeApiTokenWithHttpInfo(organization, successor.getId(), null);
        check(List.of("0").equals(repetition.getHeaders().get("x-revoked-count")), "the repetition revoked a token");
        var revoked = tokens.getApiToken(organization, successor.getId());
        check(revoked.getRevokedAt() != null, "the token is not revoked");
        check("revoked".equals(revoked.getState()), "the state is " + revoked.getState());
        ok("revoke");

        var rejected = rejection(() -> new TokensApi(service).getCurrentApiToken());
        check(rejected.getCode() == 401, "the status is " + rejected.getCode());
        check(problem(rejected).getCode().equals("unauthorized"), "the code is " + problem(rejected).getCode());
        ok("refused");

        System.out.println(issued.toString().contains(issued.getToken()) ? "secret printed" : "secret hidden");
    }

    private static ApiClient connect(String token) {
        var client = new ApiClient();
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
        client.updateBaseUri(System.getenv("AETHER_URL"));
        return client;
    }

    private static List<IssuedApiToken> createMany(TokensApi tokens, UUID organization) throws Exception {
        var pool = Executors.newFixedThreadPool(8);
        try {
            var requests = IntStream.range(0, COUNT).mapToObj(number -> (Callable<IssuedApiToken>) () -> {
                var wanted = new ApiTokenCreate().name("worker " + number).addScopesItem("work:read");
                var key = UUID.randomUUID().toString();
                return tokens.createApiToken(organization, wanted, key);
            }).toList();
            var created = new ArrayList<IssuedApiToken>();
            for (var result : pool.invokeAll(requests)) {
                created.add(result.get());
            }
            return created;
        } finally {
            pool.shutdown();
        }
    }

    private static List<ApiToken> listAll(TokensApi tokens, UUID organization) throws ApiException {
        var all = new ArrayList<ApiToken>();
        UUID cursor = null;
        do {
            var page = tokens.listApiTokens(organization, cursor, 100, null, null);
            all.addAll(page.getItems());
            cursor = page.getNextCursor();
        } while (cursor != null);
        return all;
    }

    /** The error of a response. The generated exception has its body as text only. */
    private static ErrorBody problem(ApiException error) throws JsonProcessingException {
        return JSON.getDefault().getMapper().readValue(error.getResponseBody(), ErrorEnvelope.class).getError();
    }

    /** The codes of an invalid request by field. */
    private static Map<String, String> fields(ApiException error) throws JsonProcessingException {
        return problem(error).getDetails().stream().collect(toMap(FieldError::getField, FieldError::getCode));
    }

    private interface Request {
        void send() throws ApiException;
    }

    private static ApiException rejection(Request request) {
        try {
            request.send();
        } catch (ApiException error) {
            return error;
        }
        throw new IllegalStateException("the request was accepted");
    }

    private static void check(boolean condition, String problem) {
        if (!condition) {
            throw new IllegalStateException(problem);
        }
    }

    private static void ok(String step) {
        System.out.println("ok " + step);
    }
}
