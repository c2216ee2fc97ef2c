package gatewaytest

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"testing"
)

var (
	firstForm = regexp.MustCompile(`(?s)<form[^>]*action="([^"]*)".*?</form>`)
	inputs    = regexp.MustCompile(`<input[^>]*>`)
	names     = regexp.MustCompile(`name="([^"]*)"`)
	values    = regexp.MustCompile(`value="([^"]*)"`)
)

// Press does what a person does who presses the first button of a page without changing anything, and gives where it
// leads. It fails the test when the page has no form or does not lead anywhere.
func Press(t testing.TB, page string) string {
	t.Helper()
	return PressWith(t, page, nil)
}

// PressWith is Press by a person who writes something else into some of the fields first.
func PressWith(t testing.TB, page string, written map[string]string) string {
	t.Helper()
	resp, err := http.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	form := firstForm.FindStringSubmatch(string(body))
	if form == nil {
		t.Fatalf("%s has no form: %s", page, body)
	}
	fields := url.Values{}
	for _, input := range inputs.FindAllString(form[0], -1) {
		fields.Set(inside(names, input), inside(values, input))
	}
	for name, text := range written {
		fields.Set(name, text)
	}
	action, err := resp.Request.URL.Parse(html.UnescapeString(form[1]))
	if err != nil {
		t.Fatal(err)
	}
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	posted, err := stay.PostForm(action.String(), fields)
	if err != nil {
		t.Fatal(err)
	}
	posted.Body.Close()
	if posted.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s answered %s", action, posted.Status)
	}
	return posted.Header.Get("Location")
}

func inside(pattern *regexp.Regexp, tag string) string {
	if m := pattern.FindStringSubmatch(tag); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}
