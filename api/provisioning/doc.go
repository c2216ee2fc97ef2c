// Package provisioning is the door through which a company's staff directory (Microsoft Entra, Okta, Google and others) says who
// works there: SCIM 2.0, RFC 7643 and 7644.
//
// The protocol is a library's; what a directory may say, and what follows from it, is market's (market/provisioning.go). Here the
// one is told to the other, and nothing is decided.
//
// Three things to know:
//
//   - A directory shows a secret of its company's. It is no token: it opens nothing but this, and no token opens this.
//   - Attributes that are not kept here (telephones, managers, photographs) are taken and forgotten, as RFC 7644 section 3.3 allows:
//     directories send them without being asked.
//   - Errors are in English and in the protocol's own shape, because programs read them, and people in their directory's log.
package provisioning
