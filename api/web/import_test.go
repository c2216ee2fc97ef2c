package web_test

import (
	"bytes"
	"context"
	"log/slog"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"homecoming/internal/jobs"
	"homecoming/internal/mail"
	"homecoming/market"
)

// work has the jobs of the market worked until the test ends.
func (w *world) work() {
	w.Helper()
	workers := river.NewWorkers()
	market.AddWorkers(workers, w.Market, mail.NewOutbox(w.DB), "http://product.test")
	worker, err := jobs.Start(ctx, w.DB, workers, jobs.Config{Logger: slog.New(slog.DiscardHandler)})
	w.Check(err)
	w.Cleanup(func() {
		stop, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		w.Check(worker.Stop(stop))
	})
}

// upload posts a file as a browser would.
func (b *browser) upload(path, do, content string) shown {
	b.Helper()
	return b.uploadWith(path, content, "do", do)
}

// uploadWith posts a file with one more field.
func (b *browser) uploadWith(path, content, field, value string) shown {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "a file.csv")
	b.Check(err)
	_, err = part.Write([]byte(content))
	b.Check(err)
	b.Check(form.WriteField(field, value))
	b.Check(form.Close())
	r, err := b.client.Post(b.server.URL+path, form.FormDataContentType(), &body)
	b.Check(err)
	return b.read(r)
}

// watch looks at a page until its run has ended.
func (b *browser) watch(path string) shown {
	b.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if s := b.get(path).is(200); !strings.Contains(s.body, "data-poll") {
			return s
		}
	}
	b.Fatalf("%s does not end", path)
	return shown{}
}

func TestAFileIsCheckedThenImportedAndInvited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.work()
	office := w.as(w.Company("Aoi").Office, "ja")
	const file = "email,family_name,given_name,department,joined_on,left_on\nyumi@example.jp,高橋,由美,経理部,2015-04-01,2024-03-31\nnobody,小林,健,経理部,2015-04-01,2024-03-31\n"

	office.upload("/people/import", "check", "").is(422).says("ファイルを選択してください").check("ja")
	office.upload("/people/import", "check", "one,two\n1,2\n").is(422).check("ja")
	report := office.watch(office.upload("/people/import", "check", file).leads("/runs/"))
	report.says("まだ何も変更されていません", "不備のある行", "yumi@example.jp").check("ja")
	office.get("/people").says("まだ誰も登録されていません")

	confirm := between(report.body, `action="/runs/`, `"`)
	office.watch(office.post("/runs/"+confirm, nil).leads("/runs/")).says("取り込み結果").check("ja")
	office.post("/runs/"+confirm, nil).leads("/people/import")
	office.get("/people/import").says("すでに取り込まれたか")
	people := office.get("/people").is(200).says("高橋 由美", "未招待")
	member := between(people.body, `name="member" value="`, `"`)
	office.post("/people/invite", map[string][]string{"member": {member}}).leads("/people")
	office.get("/people").says("1人に招待を送りました", "招待済み")
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	inside, _, _ := strings.Cut(rest, to)
	return inside
}
