// The Gateway API, of which only the definition of HTTPRoute is read; nothing is compiled.
module vapora/local/gateway-api

go 1.26.0

require sigs.k8s.io/gateway-api v1.6.3
