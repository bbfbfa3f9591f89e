# The life of a token, from its creation to its rejection.

require 'aether_client'
require 'json'
require 'securerandom'
require 'uri'

COUNT = 300
SCOPES = ['deployments:read', 'deployments:write'].freeze

def connect(token)
  config = AetherClient::Configuration.new
  url = URI(ENV.fetch('AETHER_URL'))
  config.scheme = url.scheme
  config.host = "#{url.host}:#{url.port}"
  config.access_token = token
  AetherClient::ApiClient.new(config)
end

def create_many(tokens, organization)
  numbers = Queue.new(0...COUNT).close
  threads = Array.new(8) do
    Thread.new do
      created = []
      while (number = numbers.pop)
        wanted = AetherClient::ApiTokenCreate.new(name: "worker #{number}", scopes: ['work:read'])
        key = SecureRandom.uuid
        created << tokens.create_api_token(organization, wanted, idempotency_key: key)
      end
      created
    end
  end
  threads.flat_map(&:value)
end

def each_token(tokens, organization)
  return enum_for(:each_token, tokens, organization) unless block_given?

  options = { limit: 100 }
  loop do
    page = tokens.list_api_tokens(organization, options)
    page.items.each { |token| yield token }
    break unless page.next_cursor

    options[:cursor] = page.next_cursor
  end
end

def rejection
  yield
  raise 'the request was accepted'
rescue AetherClient::ApiError => e
  e
end

# The error of a response. The generated exception has its body as text only.
def problem(error)
  AetherClient::ErrorEnvelope.build_from_hash(JSON.parse(error.response_body, symbolize_names: true)).error
end

# The codes of an invalid request by field.
def fields(error)
  problem(error).details.to_h { |detail| [detail.field, detail.code] }
end

def check(condition, problem)
  raise problem unless condition
end

def ok(step)
  puts "ok #{step}"
end

owner = connect(ENV.fetch('AETHER_TOKEN'))
tokens = AetherClient::TokensApi.new(owner)
verification = AetherClient::VerificationApi.new(owner)
organization = tokens.get_current_api_token.org_id

key = SecureRandom.uuid
wanted = AetherClient::ApiTokenCreate.new(name: 'deploy pipeline – 日本', scopes: SCOPES)
issued = tokens.create_api_token(organization, wanted, idempotency_key: key)
check issued.name == wanted.name, "the name is #{issued.name}"
check issued.scopes == SCOPES, "the scopes are #{issued.scopes}"
check issued.expires_at.nil?, 'the token expires'
ok 'create'

replayed, _status, headers = tokens.create_api_token_with_http_info(organization, wanted, idempotency_key: key)
check replayed == issued, 'the replay has another token'
check headers['Idempotency-Replayed'] == 'true', 'the replay is not marked'
ok 'replay'

created = create_many(tokens, organization)
check created.map(&:id).uniq.length == COUNT, 'a token was created twice'
counts = each_token(tokens, organization).map(&:id).tally
created.each { |token| check counts[token.id] == 1, "#{token.id} is listed #{counts[token.id].to_i} times" }
ok 'paging'

update = AetherClient::ApiTokenUpdate.new(name: 'deploy pipeline (production)')
renamed = tokens.update_api_token(organization, issued.id, update)
check renamed.name == update.name, "the name is #{renamed.name}"
check renamed.scopes == SCOPES, "the scopes are #{renamed.scopes}"
ok 'update-absent'

worker = created.first
stripped = tokens.update_api_token(organization, worker.id, AetherClient::ApiTokenUpdate.new(scopes: []))
check stripped.scopes.empty?, "the scopes are #{stripped.scopes}"
check stripped.name == worker.name, "the name is #{stripped.name}"
ok 'update-empty'

rotation = AetherClient::TokenRotation.new(grace_seconds: 60)
key = SecureRandom.uuid
successor = tokens.rotate_api_token(organization, issued.id, rotation, idempotency_key: key)
again = tokens.rotate_api_token(organization, issued.id, rotation, idempotency_key: key)
check again == successor, 'the replay has another successor'
check successor.token != issued.token, 'the successor has the same secret'
predecessor = AetherClient::TokensApi.new(connect(issued.token)).get_current_api_token
check predecessor.id == issued.id, "the predecessor is #{predecessor.id}"
check predecessor.rotated_to == successor.id, "the predecessor was rotated to #{predecessor.rotated_to.inspect}"
service = connect(successor.token)
current = AetherClient::TokensApi.new(service).get_current_api_token
check current.id == successor.id, "the successor is #{current.id}"
ok 'rotate'

active = verification.introspect_api_token(successor.token)
check active.active && active.sub == successor.id, 'the successor is not active'
check active.scope == SCOPES.join(' '), "the scope is #{active.scope}"
unknown = verification.introspect_api_token('unknown & + = ä')
check !unknown.active && unknown.scope.nil?, 'an unknown token is active'
ok 'introspect'

gateway = AetherClient::VerificationApi.new(service)
_none, status, headers = gateway.authorize_request_with_http_info(scope: SCOPES.join(' '))
check status == 200, "the status is #{status}"
check headers['X-Auth-Org-Id'] == organization, "the organization is #{headers['X-Auth-Org-Id']}"
check headers['X-Auth-Token-Id'] == successor.id, "the token is #{headers['X-Auth-Token-Id']}"
check headers['X-Auth-Scopes'] == SCOPES.join(' '), "the scopes are #{headers['X-Auth-Scopes']}"
error = rejection { gateway.authorize_request(scope: 'deployments:delete') }
check error.code == 403, "the status is #{error.code}"
check problem(error).code == 'insufficient_scope', "the code is #{problem(error).code}"
ok 'authorize'

invalid = AetherClient::ApiTokenCreate.new(
  name: '   ', scopes: ['work:read', 'not a scope'], expires_at: '2020-01-01T00:00:00Z'
)
error = rejection { tokens.create_api_token(organization, invalid) }
check error.code == 422, "the status is #{error.code}"
check problem(error).code == 'validation_failed', "the code is #{problem(error).code}"
fields = { 'name' => 'invalid_format', 'scopes[1]' => 'invalid_format', 'expires_at' => 'in_past' }
check fields(error) == fields, "the details are #{fields(error)}"
ok 'invalid'

_none, status, headers = tokens.revoke_api_token_with_http_info(organization, successor.id, descendants: true)
check status == 204, "the status is #{status}"
check headers['X-Revoked-Count'] == '1', "the count is #{headers['X-Revoked-Count']}"
_none, _status, headers = tokens.revoke_api_token_with_http_info(organization, successor.id)
check headers['X-Revoked-Count'] == '0', "the count of the repetition is #{headers['X-Revoked-Count']}"
revoked = tokens.get_api_token(organization, successor.id)
check revoked.revoked_at && revoked.state == 'revoked', "the state is #{revoked.state}"
ok 'revoke'

error = rejection { AetherClient::TokensApi.new(service).get_current_api_token }
check error.code == 401, "the status is #{error.code}"
check problem(error).code == 'unauthorized', "the code is #{problem(error).code}"
ok 'refused'

puts [issued.to_s, issued.inspect].any? { |text| text.include?(issued.token) } ? 'secret printed' : 'secret hidden'
