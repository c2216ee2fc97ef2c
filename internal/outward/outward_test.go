package outward_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"homecoming/internal/outward"
)

func TestOnlyPublicAddressesArePublic(t *testing.T) {
	t.Parallel()
	for _, a := range []string{"8.8.8.8", "203.104.209.71", "2606:4700:4700::1111", "::ffff:8.8.8.8"} {
		if !outward.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s is public", a)
		}
	}
	for _, a := range []string{"127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1",
		"255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.0.8", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
		"ff02::1", "64:ff9b::a00:1", "2002:a00:1::1", "2001:db8::1", "fec0::1"} {
		if outward.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s is not public", a)
		}
	}
	if outward.Public(netip.Addr{}) {
		t.Error("no address is not public")
	}
}

func TestAPrivateAddressIsNotCalledHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	called := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001"} {
		answer, err := outward.NewClient(false).Get("http://" + host + ":" + port)
		if err == nil {
			_ = answer.Body.Close()
		}
		if err == nil || called {
			t.Errorf("%s was called", host)
		}
	}
	if _, err := outward.NewClient(false).Get(server.URL); !errors.Is(err, outward.ErrPrivate) {
		t.Errorf("the error is %v", err)
	}
}

func TestAnswersAreBoundedAndRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, strings.Repeat("x", outward.MaxAnswer+1))
	}))
	t.Cleanup(server.Close)
	client := outward.NewClient(true)
	answer, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if body, err := io.ReadAll(answer.Body); err != nil || len(body) != outward.MaxAnswer {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	moved, err := client.Get(server.URL + "/away")
	if err != nil || moved.StatusCode != http.StatusFound {
		t.Fatalf("%v, %v", moved, err)
	}
	_ = moved.Body.Close()
}
