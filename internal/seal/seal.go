package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"

	"homecoming/internal/problem"
)

// ErrNoKey is for what needs a sealed secret where the installation has no key.
var ErrNoKey = problem.Define(problem.Conflict, "no_secret_key",
	"This installation has no key to keep the secret safe. Its operator must set HOMECOMING_SECRET_KEY.",
	"秘密情報を安全に保管する鍵が設定されていません。運用担当者が HOMECOMING_SECRET_KEY を設定する必要があります。")

// ErrBroken is for what was sealed with another key, for another owner, or changed since.
var ErrBroken = errors.New("seal: this was not sealed here")

// A Box seals and opens with AES-256-GCM. The nil Box is closed.
type Box struct{ aead cipher.AEAD }

// New makes a box of a key of any length; an empty key gives a closed one.
func New(key string) (*Box, error) {
	if key == "" {
		return nil, nil
	}
	derived, err := hkdf.Key(sha256.New, []byte(key), nil, "homecoming seal 1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Box{aead}, err
}

// Closed reports whether the box has no key.
func (b *Box) Closed() bool { return b == nil }

// Seal hides a secret that belongs to an owner, for instance "authenticator:" and a person's id. It returns ErrNoKey from
// a closed box.
func (b *Box) Seal(secret []byte, owner string) ([]byte, error) {
	if b.Closed() {
		return nil, ErrNoKey
	}
	nonce := make([]byte, b.aead.NonceSize())
	_, _ = rand.Read(nonce) // crypto/rand never fails
	return b.aead.Seal(nonce, nonce, secret, []byte(owner)), nil
}

// Open reads what Seal hid for the same owner. It returns ErrNoKey from a closed box and ErrBroken for anything else.
func (b *Box) Open(sealed []byte, owner string) ([]byte, error) {
	if b.Closed() {
		return nil, ErrNoKey
	}
	if len(sealed) < b.aead.NonceSize() {
		return nil, ErrBroken
	}
	secret, err := b.aead.Open(nil, sealed[:b.aead.NonceSize()], sealed[b.aead.NonceSize():], []byte(owner))
	if err != nil {
		return nil, ErrBroken
	}
	return secret, nil
}
