// The life of a token, from its creation to its rejection.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"example.com/acme/aether"
)

const count = 300

var scopes = []string{"deployments:read", "deployments:write"}

func main() {
	if err := lifecycle(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func lifecycle() error {
	config := aether.NewConfiguration()
	config.Servers[0].URL = os.Getenv("AETHER_URL")
	client := aether.NewAPIClient(config)
	tokens, verification := client.TokensAPI, client.VerificationAPI
	owner := as(os.Getenv("AETHER_TOKEN"))

	current, _, err := tokens.GetCurrentApiToken(owner).Execute()
	if err != nil {
		return err
	}
	organization := current.OrgId

	wanted := aether.NewApiTokenCreate("deploy pipeline")
	wanted.SetScopes(scopes)
	create := tokens.CreateApiToken(owner, organization).ApiTokenCreate(*wanted).IdempotencyKey(rand.Text())
	issued, _, err := create.Execute()
	if err != nil {
		return err
	}
	if !slices.Equal(issued.Scopes, scopes) || issued.ExpiresAt.Get() != nil {
		return fmt.Errorf("create: scopes %v, expiry %v", issued.Scopes, issued.ExpiresAt.Get())
	}
	ok("create")

	replay, response, err := create.Execute()
	if err != nil {
		return err
	}
	if replay.Id != issued.Id || replay.Token != issued.Token || response.Header.Get("Idempotency-Replayed") != "true" {
		return errors.New("replay: another token, or not marked as replayed")
	}
	ok("replay")

	created, err := createMany(owner, tokens, organization)
	if err != nil {
		return err
	}
	listed := make(map[string]int)
	for token, err := range all(owner, tokens, organization) {
		if err != nil {
			return err
		}
		listed[token.Id]++
	}
	for _, token := range created {
		if listed[token.Id] != 1 {
			return fmt.Errorf("paging: %s is listed %d times", token.Id, listed[token.Id])
		}
	}
	ok("paging")

	update := aether.NewApiTokenUpdate()
	update.SetName("deploy pipeline (production)")
	renamed, _, err := tokens.UpdateApiToken(owner, organization, issued.Id).ApiTokenUpdate(*update).Execute()
	if err != nil {
		return err
	}
	if renamed.Name != update.GetName() || !slices.Equal(renamed.Scopes, scopes) {
		return fmt.Errorf("update-absent: name %q, scopes %v", renamed.Name, renamed.Scopes)
	}
	ok("update-absent")

	update = aether.NewApiTokenUpdate()
	update.SetScopes([]string{})
	worker := created[0]
	stripped, _, err := tokens.UpdateApiToken(owner, organization, worker.Id).ApiTokenUpdate(*update).Execute()
	if err != nil {
		return err
	}
	if len(stripped.Scopes) != 0 || stripped.Name != worker.Name {
		return fmt.Errorf("update-empty: name %q, scopes %v", stripped.Name, stripped.Scopes)
	}
	ok("update-empty")

	rotation := aether.NewTokenRotation()
	rotation.SetGraceSeconds(60)
	rotate := tokens.RotateApiToken(owner, organization, issued.Id).TokenRotation(*rotation).IdempotencyKey(rand.Text())
	successor, _, err := rotate.Execute()
	if err != nil {
		return err
	}
	again, _, err := rotate.Execute()
	if err != nil {
		return err
	}
	if again.Token != successor.Token || successor.Token == issued.Token {
		return errors.New("rotate: another successor, or the same secret")
	}
	predecessor, _, err := tokens.GetCurrentApiToken(as(issued.Token)).Execute()
	if err != nil {
		return err
	}
	if predecessor.Id != issued.Id || predecessor.GetRotatedTo() != successor.Id {
		return fmt.Errorf("rotate: predecessor %s, rotated to %q", predecessor.Id, predecessor.GetRotatedTo())
	}
	service := as(successor.Token)
	current, _, err = tokens.GetCurrentApiToken(service).Execute()
	if err != nil {
		return err
	}
	if current.Id != successor.Id {
		return fmt.Errorf("rotate: successor %s", current.Id)
	}
	ok("rotate")

	active, _, err := verification.IntrospectApiToken(owner).Token(successor.Token).Execute()
	if err != nil {
		return err
	}
	if !active.Active || active.GetSub() != successor.Id || active.GetScope() != strings.Join(scopes, " ") {
		return fmt.Errorf("introspect: %t, subject %s, scope %q", active.Active, active.GetSub(), active.GetScope())
	}
	unknown, _, err := verification.IntrospectApiToken(owner).Token("unknown & + = ä").Execute()
	if err != nil {
		return err
	}
	if unknown.Active || unknown.HasScope() {
		return errors.New("introspect: an unknown token is active")
	}
	ok("introspect")

	response, err = verification.AuthorizeRequest(service).Scope(strings.Join(scopes, " ")).Execute()
	if err != nil {
		return err
	}
	identity := []string{
		response.Header.Get("X-Auth-Org-Id"), response.Header.Get("X-Auth-Token-Id"), response.Header.Get("X-Auth-Scopes"),
	}
	if !slices.Equal(identity, []string{organization, successor.Id, strings.Join(scopes, " ")}) {
		return fmt.Errorf("authorize: %q", identity)
	}
	response, err = verification.AuthorizeRequest(service).Scope("deployments:delete").Execute()
	if err := rejected(response, err, http.StatusForbidden, "insufficient_scope"); err != nil {
		return fmt.Errorf("authorize: %w", err)
	}
	ok("authorize")

	invalid := aether.NewApiTokenCreate("   ")
	invalid.SetScopes([]string{"work:read", "not a scope"})
	invalid.SetExpiresAt("2020-01-01T00:00:00Z")
	_, response, err = tokens.CreateApiToken(owner, organization).ApiTokenCreate(*invalid).Execute()
	if err := rejected(response, err, http.StatusUnprocessableEntity, "validation_failed"); err != nil {
		return fmt.Errorf("invalid: %w", err)
	}
	expected := map[string]string{"name": "invalid_format", "scopes[1]": "invalid_format", "expires_at": "in_past"}
	if !maps.Equal(fields(err), expected) {
		return fmt.Errorf("invalid: %v", fields(err))
	}
	ok("invalid")

	response, err = tokens.RevokeApiToken(owner, organization, successor.Id).Descendants(true).Execute()
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusNoContent || response.Header.Get("X-Revoked-Count") != "1" {
		return fmt.Errorf("revoke: status %d, count %q", response.StatusCode, response.Header.Get("X-Revoked-Count"))
	}
	response, err = tokens.RevokeApiToken(owner, organization, successor.Id).Execute()
	if err != nil {
		return err
	}
	if response.Header.Get("X-Revoked-Count") != "0" {
		return fmt.Errorf("revoke: the count of the repetition is %q", response.Header.Get("X-Revoked-Count"))
	}
	revoked, _, err := tokens.GetApiToken(owner, organization, successor.Id).Execute()
	if err != nil {
		return err
	}
	if revoked.RevokedAt.Get() == nil || revoked.GetState() != "revoked" {
		return fmt.Errorf("revoke: state %q", revoked.GetState())
	}
	ok("revoke")

	_, response, err = tokens.GetCurrentApiToken(service).Execute()
	if err := rejected(response, err, http.StatusUnauthorized, "unauthorized"); err != nil {
		return fmt.Errorf("refused: %w", err)
	}
	ok("refused")

	if strings.Contains(fmt.Sprintf("%+v", *issued), issued.Token) {
		fmt.Println("secret printed")
	} else {
		fmt.Println("secret hidden")
	}
	return nil
}

// as returns the context of requests with a token.
func as(token string) context.Context {
	return context.WithValue(context.Background(), aether.ContextAccessToken, token)
}

func createMany(
	ctx context.Context, tokens *aether.TokensAPIService, organization string,
) ([]*aether.IssuedApiToken, error) {
	created := make([]*aether.IssuedApiToken, count)
	failures := make([]error, count)
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range 8 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for number := range numbers {
				wanted := aether.NewApiTokenCreate(fmt.Sprintf("worker %d", number))
				wanted.SetScopes([]string{"work:read"})
				request := tokens.CreateApiToken(ctx, organization).ApiTokenCreate(*wanted).IdempotencyKey(rand.Text())
				created[number], _, failures[number] = request.Execute()
			}
		}()
	}
	for number := range count {
		numbers <- number
	}
	close(numbers)
	workers.Wait()
	return created, errors.Join(failures...)
}

// all lists the tokens of an organization, page by page.
func all(ctx context.Context, tokens *aether.TokensAPIService, organization string) iter.Seq2[aether.ApiToken, error] {
	return func(yield func(aether.ApiToken, error) bool) {
		request := tokens.ListApiTokens(ctx, organization).Limit(100)
		for {
			page, _, err := request.Execute()
			if err != nil {
				yield(aether.ApiToken{}, err)
				return
			}
			for _, token := range page.Items {
				if !yield(token, nil) {
					return
				}
			}
			if page.GetNextCursor() == "" {
				return
			}
			request = request.Cursor(page.GetNextCursor())
		}
	}
}

// problem returns the error of a response.
func problem(err error) aether.ErrorBody {
	var rejection *aether.GenericOpenAPIError
	if errors.As(err, &rejection) {
		if envelope, ok := rejection.Model().(aether.ErrorEnvelope); ok {
			return envelope.Error
		}
	}
	return aether.ErrorBody{}
}

// fields returns the codes of an invalid request by field.
func fields(err error) map[string]string {
	codes := make(map[string]string)
	body := problem(err)
	for _, detail := range body.GetDetails() {
		codes[detail.Field] = detail.Code
	}
	return codes
}

func rejected(response *http.Response, err error, status int, code string) error {
	if err == nil || response == nil {
		return fmt.Errorf("no rejection: %v", err)
	}
	if response.StatusCode != status || problem(err).Code != code {
		return fmt.Errorf("status %d, code %q", response.StatusCode, problem(err).Code)
	}
	return nil
}

func ok(step string) {
	fmt.Println("ok", step)
}
