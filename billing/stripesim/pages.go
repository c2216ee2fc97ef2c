package stripesim

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"

	"golang.org/x/text/language"
)

//go:embed pages/*.html pages/style.css
var pageFiles embed.FS

var pageTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"money": display,
	"text":  func(lang, key string) string { return texts[lang][key] },
}).ParseFS(pageFiles, "pages/*.html"))

// pageRoutes are the hosted pages that people see, and the control panel.
func (s *Server) pageRoutes(mux *http.ServeMux) {
	guard := http.NewCrossOriginProtection() // a page elsewhere must not pay, onboard or move the clock behind someone's back
	page := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, guard.Handler(h)) }
	page("GET /_checkout/{session}", s.showCheckout)
	page("POST /_checkout/{session}/pay", s.payCheckout)
	page("GET /_checkout/{session}/pay", backToCheckout) // reloaded after a decline
	page("POST /_checkout/{session}/cancel", s.cancelCheckout)
	page("GET /_bank-transfer/{intent}", s.showTransfer)
	page("GET /_bank-transfer/sent", transferSent)
	page("POST /_bank-transfer/{intent}", s.sendTransfer)
	page("GET /_onboarding/{account}", s.showOnboarding)
	page("POST /_onboarding/{account}", s.finishOnboarding)
	page("GET /_stand-in/style.css", serveStyle)
	page("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/_stand-in", http.StatusSeeOther) })
	s.controlRoutes(page)
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "pages/style.css")
}

// A view is what every page's template gets.
type view struct {
	Lang string // en or ja
	Data any
}

func showPage(w http.ResponseWriter, status int, name, lang string, data any) {
	var out bytes.Buffer
	if err := pageTemplates.ExecuteTemplate(&out, name, view{lang, data}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	h.Set("Cache-Control", "no-store")
	// No form-action: browsers apply it to the redirect back to the product as well.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// showMessage is a page with a sentence and perhaps a way on.
func showMessage(w http.ResponseWriter, status int, lang, key, link string) {
	showPage(w, status, "message.html", lang, map[string]string{"Key": key, "Link": link})
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Japanese})

// languageOf is the asked-for locale where there is one, and otherwise what the browser prefers.
func languageOf(r *http.Request, locale ref) string {
	want := string(locale)
	if want == "" || want == "auto" {
		want = r.Header.Get("Accept-Language")
	}
	if _, i := language.MatchStrings(matcher, want); i == 1 {
		return "ja"
	}
	return "en"
}
