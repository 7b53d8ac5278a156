// Package awsapi owns the wire to AWS: the few calls that latchkey makes to
// STS, IAM, the Identity Center portal and OIDC service and the sign-in service,
// with signing, one retry policy, one set of limits, clock skew, proxies, CA
// bundles and typed errors. It must not know profiles, sessions or caches.
//
// # Retries
//
// One call is at most three requests, thirty seconds and, after the third
// failure, one error: see [Limits]. Retried are lost and refused connections,
// the statuses 500, 502, 503 and 504, the throttling codes, and the STS codes
// IDPCommunicationError and InvalidIdentityToken, which pass on their own.
//
// A request that carries something AWS accepts once (an MFA code, an
// authorization code, a rotating refresh token) is resent only when its first
// copy cannot have been evaluated: no connection was made, or the service
// answered that it did not do the work (throttled, 500, 502, 503) or that the
// signature's time was wrong. A connection lost after sending, a timeout and a
// 504 leave that open, and a refusal of the code is final: neither is resent.
// CreateAccessKey, of which each copy leaves a key behind, is not resent after
// any 5xx either.
//
// # Foreign text
//
// What a server sends reaches an error only through display.Text, after the
// request's own secrets have been taken out of it. Bodies and headers of
// requests, and queries of URLs, reach none.
package awsapi
