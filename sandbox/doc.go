// Package sandbox is the local stand-in for AWS: one HTTP server on loopback
// that speaks STS, IAM as far as keys and MFA devices of users go, the IAM
// Identity Center portal with the OIDC flows and browser pages that lead to it,
// the same of the sign-in service for console credentials, the console's federation
// endpoint, the EC2 instance metadata service (IMDSv2) and the container
// credential endpoint.
//
// It checks what AWS checks: signatures, session tokens, expiry, MFA codes,
// trust policies, code verifiers, refresh tokens and DPoP proofs. A wrong request gets AWS's
// own code and text, so a client that works here has done its part.
//
// What there is to reach, its accounts, users, roles and permission sets, is a
// [World], read from YAML; [Example] is built in. [Start] runs a server for a
// Go test, [New] for a program, and [Server.WriteHome] writes the config,
// credentials and cache files that lead to it; with [Server.WriteWorkload] a
// program finds only what it would find in AWS. [Server.Fail] makes things go
// wrong, and [Server.Requests] says what was asked.
//
// Every key in it is fake, and worlds with keys that are not marked as fake are
// refused. The package imports no other package of the project and never logs.
package sandbox
