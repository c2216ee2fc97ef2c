package access

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
)

func TestTriesRunOutAndComeBackWithTime(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(6*time.Second, 3), time.Unix(1_800_000_000, 0)
	for range 3 {
		if err := l.take("yumi", now); err != nil {
			t.Fatal(err)
		}
	}
	var p *problem.Error
	if err := l.take("yumi", now); !errors.As(err, &p) || !errors.Is(err, ErrTooOften) || p.Args["seconds"] != 6 {
		t.Fatalf("the fourth try: %v", err)
	}
	if err := l.take("daniel", now); err != nil {
		t.Error("another account is slowed down as well")
	}
	if err := l.take("yumi", now.Add(6*time.Second)); err != nil {
		t.Error("six seconds later:", err)
	}
}

func TestALimiterForgetsThoseNotSeenForLongest(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(time.Hour, 1), time.Unix(1_800_000_000, 0)
	_ = l.take("first", now)
	for i := range remembered {
		_ = l.take(strconv.Itoa(i), now)
	}
	if len(l.byKey) != remembered || l.order.Len() != remembered {
		t.Errorf("%d keys are remembered", len(l.byKey))
	}
	if err := l.take("first", now); err != nil {
		t.Error("the oldest key is still known")
	}
}

func TestTheLanguageIsChosenRememberedSetOrAskedFor(t *testing.T) {
	t.Parallel()
	japanese := market.Actor{PersonID: uuid.New(), Language: problem.Japanese}
	for name, c := range map[string]struct {
		url, cookie, asked, token string
		who                       market.Actor
		want                      problem.Language
	}{
		"nothing":                   {url: "/", want: problem.English},
		"asked for":                 {url: "/", asked: "fr,ja;q=0.8", want: problem.Japanese},
		"none of ours":              {url: "/", asked: "fr", want: problem.English},
		"set by the person":         {url: "/", asked: "en", who: japanese, want: problem.Japanese},
		"remembered":                {url: "/", cookie: "en", asked: "ja", who: japanese, want: problem.English},
		"chosen":                    {url: "/?lang=ja", cookie: "en", want: problem.Japanese},
		"chosen badly":              {url: "/?lang=xx", asked: "ja", want: problem.Japanese},
		"a program's own":           {url: "/", asked: "en", token: "Bearer x", who: japanese, want: problem.English},
		"a program that says none":  {url: "/", token: "Bearer x", who: japanese, want: problem.Japanese},
		"a cookie that is no words": {url: "/", cookie: "<script>", asked: "ja", want: problem.Japanese},
	} {
		r := httptest.NewRequest(http.MethodGet, c.url, nil)
		r.Header.Set("Accept-Language", c.asked)
		r.Header.Set("Authorization", c.token)
		r.AddCookie(&http.Cookie{Name: languageCookie, Value: c.cookie})
		if c.token == "" {
			r.Header.Del("Authorization")
		}
		if got, _ := spoken(r, c.who); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestOnlyProxiesThatAreBelievedSayWhoIsBehindThem(t *testing.T) {
	t.Parallel()
	g := &Gate{cfg: Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	for _, c := range []struct{ peer, forwarded, want string }{
		{"203.0.113.9:1", "", "203.0.113.9"},
		{"203.0.113.9:1", "198.51.100.1", "203.0.113.9"},
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1", "forged, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
		{"10.0.0.1:1", "nonsense", "10.0.0.1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := g.addressOf(r); got != c.want {
			t.Errorf("%s forwarding %q is %s", c.peer, c.forwarded, got)
		}
	}
}

func TestARequestIDFromOutsideIsTakenWhenItIsSane(t *testing.T) {
	t.Parallel()
	for id, taken := range map[string]bool{"0a1b2c3d-proxy": true, "short": false, "two\nlines-of-log": false, "": false} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["X-Request-Id"] = []string{id}
		if got := requestID(r); (got == id) != taken || got == "" {
			t.Errorf("%q became %q", id, got)
		}
	}
}

func TestARouteThatNeedsNothingKnownAdmitsNobody(t *testing.T) {
	t.Parallel()
	company := uuid.New()
	manager := market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: company, Role: market.Manager}}}
	for _, c := range []struct {
		needs market.Action
		who   market.Actor
		want  error
	}{
		{Anybody, market.Actor{}, nil}, {SignedIn, market.Actor{}, market.ErrNobody}, {SignedIn, manager, nil}, {market.PostTasks, manager, nil},
		{market.PostTasks, market.Actor{}, market.ErrNobody}, {market.SeeMoney, manager, market.ErrForbidden}, {"", manager, market.ErrForbidden}, {"mistyped", manager, market.ErrForbidden},
	} {
		if err := (Route{Needs: c.needs}).Admit(c.who); !errors.Is(err, c.want) {
			t.Errorf("%q: %v", c.needs, err)
		}
	}
}
