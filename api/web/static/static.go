package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed *.css *.js *.svg
var files embed.FS

// An asset is one file as it is served.
type asset struct {
	kind string
	body string
}

var assets = map[string]asset{
	"app.css":    {"text/css; charset=utf-8", text("tokens.css") + text("base.css") + text("parts.css")},
	"app.js":     {"text/javascript; charset=utf-8", text("app.js")},
	"passkey.js": {"text/javascript; charset=utf-8", text("passkey.js")},
	"copy.js":    {"text/javascript; charset=utf-8", text("copy.js")},
	"clock.js":   {"text/javascript; charset=utf-8", text("clock.js")},
	"live.js":    {"text/javascript; charset=utf-8", text("live.js")},
	"icon.svg":   {"image/svg+xml", text("icon.svg")},
}

func text(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("static: " + err.Error()) // embedded, so only a mistake in the program
	}
	return string(b)
}

var paths = func() map[string]string {
	all := make(map[string]string, len(assets))
	for name, a := range assets {
		sum := sha256.Sum256([]byte(a.body))
		ext := path.Ext(name)
		all[name] = "/static/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	}
	return all
}()

// Path is where an asset (app.css, app.js, passkey.js, copy.js, clock.js, live.js, icon.svg) is served.
func Path(name string) string { return paths[name] }

// Handler serves the assets at their paths.
func Handler() http.Handler {
	byPath := make(map[string]asset, len(assets))
	for name, a := range assets {
		byPath[paths[name]] = a
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := byPath[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", a.kind)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(a.body))
	})
}
