// Package outward makes the HTTP client for addresses that people typed in: an identity provider's, say.
//
// It is not for the services that the operator configures, which may well stand on a private address.
//
// Three things to know. A name is looked up once and the very address that is dialled is judged, so that a name which
// changes its mind in between gains nothing. Redirects are not followed, and no proxy of the environment is used: both
// would put another address in the place of the one that was judged. Answers are cut off at [MaxAnswer] and [Patience].
package outward
