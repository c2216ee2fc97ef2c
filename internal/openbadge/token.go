package openbadge

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// keyBits is the least that RFC 7518 allows with RS256, which is what verifiers expect.
const keyBits = 2048

// maxToken bounds what is read, in bytes; a credential has some three thousand.
const maxToken = 64 << 10

// A Key signs credentials.
type Key struct{ private *rsa.PrivateKey }

// NewKey makes one.
func NewKey() (Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	return Key{private}, err
}

// ParseKey reads what Bytes wrote.
func ParseKey(der []byte) (Key, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return Key{}, err
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return Key{}, errors.New("openbadge: not an RSA key")
	}
	return Key{private}, nil
}

// Bytes is the key in PKCS #8: a secret.
func (k Key) Bytes() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(k.private) }

// Public is what others check signatures with; its id is its thumbprint (RFC 7638).
func (k Key) Public() (jose.JSONWebKey, error) {
	public := jose.JSONWebKey{Key: k.private.Public(), Algorithm: string(jose.RS256), Use: "sig"}
	id, err := Thumbprint(public)
	public.KeyID = id
	return public, err
}

// Thumbprint is what a key is known by (RFC 7638, SHA-256).
func Thumbprint(k jose.JSONWebKey) (string, error) {
	sum, err := k.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}

// A payload is a credential with the claims that a JSON Web Token asks for, at the same level (section 8.2.3).
type payload struct {
	Credential
	Iss string `json:"iss"`
	Jti string `json:"jti"`
	Nbf int64  `json:"nbf"` // seconds since 1970
}

// Sign writes a credential as a token that carries the public key along.
func (k Key) Sign(c Credential) (string, error) {
	public, err := k.Public()
	if err != nil {
		return "", err
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("jwk", jose.JSONWebKey{Key: public.Key})
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: k.private}, options)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(payload{c, c.Issuer.ID, c.ID, c.ValidFrom.Unix()})
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(body)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// What can be wrong with a token.
var (
	ErrNoCredential = errors.New("openbadge: this is no Open Badges 3.0 credential in a signed token")
	ErrChanged      = errors.New("openbadge: the signature does not fit: the text was changed after it was signed")
	ErrOtherKey     = errors.New("openbadge: it was signed by a key that is not among the issuer's")
	ErrNotYet       = errors.New("openbadge: it is not valid yet")
)

// Read gives what a token says, and the thumbprint of the key that signed it. Without keys, the one that the token carries
// is taken, which proves that nothing was changed but not who signed: compare the thumbprint with the issuer's. It asks nobody.
func Read(token string, keys []jose.JSONWebKey, now time.Time) (Credential, string, error) {
	if len(token) > maxToken {
		return Credential{}, "", ErrNoCredential
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(signed.Signatures) != 1 || signed.Signatures[0].Header.JSONWebKey == nil {
		return Credential{}, "", ErrNoCredential
	}
	key := *signed.Signatures[0].Header.JSONWebKey
	by, err := Thumbprint(key)
	if err != nil || !key.IsPublic() || !key.Valid() {
		return Credential{}, "", ErrNoCredential
	}
	body, err := signed.Verify(key)
	if err != nil {
		return Credential{}, by, ErrChanged
	}
	if keys != nil && !slices.ContainsFunc(keys, func(k jose.JSONWebKey) bool { id, err := Thumbprint(k); return err == nil && id == by }) {
		return Credential{}, by, ErrOtherKey
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil || !p.sound() {
		return Credential{}, by, ErrNoCredential
	}
	if p.ValidFrom.After(now.Add(time.Minute)) {
		return p.Credential, by, ErrNotYet
	}
	return p.Credential, by, nil
}

// sound reports whether it is a credential of an achievement whose claims say the same twice.
func (p payload) sound() bool {
	return slices.Contains(p.Type, "VerifiableCredential") && (slices.Contains(p.Type, "OpenBadgeCredential") || slices.Contains(p.Type, "AchievementCredential")) &&
		len(p.Context) >= 2 && p.Context[0] == contextCredentials && p.ID != "" && p.Issuer.ID != "" && p.Subject.Achievement.Name != "" &&
		p.Iss == p.Issuer.ID && p.Jti == p.ID && p.Nbf == p.ValidFrom.Unix()
}
