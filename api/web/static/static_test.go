package static

import (
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var token = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6})`)

// themes gives the colours of the light theme and of the dark one.
func themes(t *testing.T) map[string]map[string]string {
	t.Helper()
	light, dark, ok := strings.Cut(text("tokens.css"), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("no dark theme")
	}
	all := map[string]map[string]string{}
	for name, css := range map[string]string{"light": light, "dark": dark} {
		all[name] = map[string]string{}
		for _, m := range token.FindAllStringSubmatch(css, -1) {
			all[name][m[1]] = m[2]
		}
	}
	return all
}

func TestEveryColourCanBeRead(t *testing.T) {
	t.Parallel()
	const text, shape = 4.5, 3.0 // WCAG 2.2: 1.4.3 and 1.4.11
	pairs := []struct {
		on, over string
		least    float64
	}{
		{"ink", "paper", text}, {"ink", "card", text}, {"ink", "wash", text},
		{"soft", "paper", text}, {"soft", "card", text}, {"soft", "wash", text},
		{"accent", "paper", text}, {"accent", "card", text}, {"accent", "wash", text}, {"accent", "accent-wash", text}, {"accent-ink", "accent", text}, {"accent-ink", "accent-deep", text},
		{"good", "good-wash", text}, {"good", "card", text}, {"warn", "warn-wash", text}, {"warn", "card", text}, {"bad", "bad-wash", text}, {"bad", "card", text},
		{"ink", "bad-wash", text}, {"ink", "accent-wash", text}, {"card", "bad", text},
		{"edge", "card", shape}, {"edge", "paper", shape}, {"part-skills", "wash", shape},
	}
	for theme, colours := range themes(t) {
		for _, p := range pairs {
			a, b := colours[p.on], colours[p.over]
			if a == "" || b == "" {
				t.Fatalf("%s has no --%s or no --%s", theme, p.on, p.over)
			}
			if got := contrast(t, a, b); got < p.least {
				t.Errorf("%s: --%s on --%s is %.2f, want %.1f", theme, p.on, p.over, got, p.least)
			}
		}
	}
}

func TestColoursStandInTheTokensAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"base.css", "parts.css"} {
		for _, m := range regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b`).FindAllString(text(name), -1) {
			if m != "#fff" { // paper for printing
				t.Errorf("%s has the colour %s of its own", name, m)
			}
		}
	}
}

func TestTheScriptStaysSmall(t *testing.T) {
	t.Parallel()
	if n := len(text("app.js")); n > 3600 {
		t.Errorf("app.js has %d bytes", n)
	}
	if n := len(assets["app.css"].body); n > 40_000 {
		t.Errorf("app.css has %d bytes", n)
	}
}

func TestAssetsMayBeKeptForAYear(t *testing.T) {
	t.Parallel()
	for name := range assets {
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, Path(name), nil))
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Body.Len() == 0 {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/static/app.000000000000.css", nil))
	if w.Code != 404 {
		t.Errorf("another version answered %d", w.Code)
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	channel := func(s string) float64 {
		n, err := strconv.ParseUint(s, 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(hex[1:3]) + 0.7152*channel(hex[3:5]) + 0.0722*channel(hex[5:7])
}
