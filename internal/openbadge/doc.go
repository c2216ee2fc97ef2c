// Package openbadge writes and reads Open Badges 3.0 credentials of achievements, secured as JSON Web Tokens (1EdTech, Open
// Badges Specification 3.0, section 8.2, "JSON Web Token Proof Format").
//
// It knows nothing of tasks or companies and keeps nothing: who is told of what is package market's.
//
// Three things to know. A token carries the key that it was signed with, so that it can be read and checked without asking
// anybody; that the key is the issuer's, the reader learns from the issuer's list of keys, of which a copy is enough. Whether
// a credential was revoked, only the issuer's list can say. RS256 is the one algorithm, because it is the one that every
// verifier of Open Badges must know.
package openbadge
