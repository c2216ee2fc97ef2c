// Package seal keeps secrets that must be read again, such as an authenticator's, unreadable in the database, its dumps
// and its backups.
//
// It is not for passwords and tokens, which are only compared: hash those.
//
// Three things to know. What is sealed for one purpose and owner cannot be opened for another, because both are part of
// the seal. A [Box] without a key says so by [Box.Closed]; whoever depends on it refuses with [ErrNoKey]. Losing the key
// loses the secrets and nothing else.
package seal
