// Package idp speaks OpenID Connect with one identity provider: it finds its endpoints, sends a browser there, and reads whom
// the provider vouches for when the browser comes back.
//
// It knows nothing of companies and people, keeps no secret, and decides nothing about anybody: package market does.
//
// Three things to know:
//
//   - Only the authorization code flow is spoken, always with PKCE (S256), a state and a nonce. An identity token counts only
//     if its signature, issuer, audience, authorised party, nonce and times hold; clocks may differ by [Skew].
//   - Discovery and keys are remembered for [Remembered], so a short outage of the provider's documents is not noticed.
//   - Every address is one that somebody typed or that a provider sent: all calls go through package outward, and where
//     private addresses are refused every endpoint must be HTTPS.
package idp
