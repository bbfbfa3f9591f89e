module example.com/acme/guide

go 1.24

require example.com/acme/aether v0.0.0

replace example.com/acme/aether => ./client
