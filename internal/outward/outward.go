package outward

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const (
	// Patience is how long one call may take.
	Patience = 10 * time.Second
	// MaxAnswer is how many bytes of an answer are read.
	MaxAnswer = 1 << 20
)

// ErrPrivate is for an address within a private network, on this machine, or of no use on the Internet.
var ErrPrivate = errors.New("outward: the address is not on the public Internet")

// reserved are the ranges that lead nowhere public and that netip does not tell: RFC 6890 and its successors. Translations
// of IPv4 are among them, since they may hide a private address.
var reserved = func() []netip.Prefix {
	var list []netip.Prefix
	for _, p := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10"} {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}()

// Public reports whether an address is one of the public Internet's.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// NewClient makes the client. private lets it call this machine and private networks, which is for development and tests.
func NewClient(private bool) *http.Client {
	dialer := &net.Dialer{Timeout: Patience / 2}
	if !private {
		dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error { return judge(address) }
	}
	return &http.Client{
		Timeout:       Patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: bounded{&http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: Patience / 2, ForceAttemptHTTP2: true,
			MaxIdleConns: 20, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 1 << 16}},
	}
}

// judge looks at what is about to be dialled.
func judge(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !Public(at.Addr()) {
		return ErrPrivate
	}
	return nil
}

// bounded cuts answers off.
type bounded struct{ http.RoundTripper }

// RoundTrip sends one request.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, MaxAnswer), answer.Body}
	return answer, nil
}
