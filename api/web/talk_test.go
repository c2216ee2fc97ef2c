package web_test

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"homecoming/market"
)

// write sends the form of a conversation with a file.
func (b *browser) write(fields url.Values, name, content string) shown {
	b.Helper()
	return b.send("/messages", fields, "files", name, content)
}

// send sends a form with a file.
func (b *browser) send(path string, fields url.Values, field, name, content string) shown {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for key, values := range fields {
		b.Check(form.WriteField(key, values[0]))
	}
	part, err := form.CreateFormFile(field, name)
	b.Check(err)
	_, err = part.Write([]byte(content))
	b.Check(err)
	b.Check(form.Close())
	r, err := b.client.Post(b.server.URL+path, form.FormDataContentType(), &body)
	b.Check(err)
	return b.read(r)
}

var fileLink = regexp.MustCompile(`href="(/files/[0-9a-f-]+)"`)

func TestAQuestionIsAskedAnsweredAndReadWithoutAScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	task := aoi.Task("月次決算の支援", 100_000)
	about := market.Subject{Kind: market.AboutTask, ID: task.ID}.String()
	hers, theirs := w.as(yumi.Actor, "ja"), w.as(aoi.Manager, "en")
	hers.get("/messages").says("まだ会話がありません", "仕事を探す").check("ja")
	hers.get("/tasks/"+task.ID.String()).says("質問する", "/messages/about?subject=").check("ja")
	hers.get("/messages/about?subject=" + url.QueryEscape(about)).is(200).says("まだメッセージはありません").check("ja")
	asked := url.Values{"subject": {about}, "body": {"システムは**何**ですか<script>alert(1)</script>"}}
	hers.write(asked, "bill.pdf", "MZ\x90\x00").is(422).says("bill.pdf", "システムは**何**ですか").check("ja")
	at := hers.write(asked, "前回の様式.csv", "a,b\n").leads("/messages/")
	at, _, _ = strings.Cut(at, "#")

	theirs.get("/messages").says("1 unread", "高橋", "月次決算の支援").check("en")
	theirs.get("/tasks/"+task.ID.String()).says("Questions", at).check("en")
	page := theirs.get(at).says("<strong>何</strong>", "前回の様式.csv", "Your message")
	page.check("en")
	if strings.Contains(page.body, "<script>alert") {
		t.Error("a message runs a script")
	}
	if file := theirs.get(fileLink.FindStringSubmatch(page.body)[1]).is(200); file.body != "a,b\n" || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the file is %q, %v", file.body, file.Header)
	}
	if again := theirs.get("/messages"); strings.Contains(again.body, "1 unread") {
		t.Error("what was read is unread")
	}
	theirs.post("/messages", url.Values{"thread": {strings.TrimPrefix(at, "/messages/")}, "body": {"SAP."}}).leads(at)
	hers.get(at).says("SAP.", "既読").check("ja")
	w.as(aoi.Finance, "en").get(at).says("your role only looks in").check("en")
}
