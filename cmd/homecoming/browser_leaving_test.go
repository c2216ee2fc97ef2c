package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// goodTerms plays how somebody leaves whose culture did not match: asked, without an account, what they would like to hear about,
// and left alone with the rest.
func (s *stage) goodTerms(t *testing.T) {
	office, leaver := s.sit(t, "office", "ja", 1280), s.stranger(t, 390)
	address := fmt.Sprintf("leaver%d@aoi.example", time.Now().UnixMilli())
	takeInByHand(office, address)
	leavesToday(office)
	s.chooses(leaver, address)
	office.open("/farewells")
	if row := office.page.MustElementR(`[data-test="farewell"]`, "安西 花子").MustText(); !strings.Contains(row, "参加") {
		t.Errorf("the office reads %s", row)
	}

	newsByHand(office, "夏祭りのお知らせ")
	stopsNews(s.stranger(t, 390), s.letter(t, address, "夏祭りのお知らせ", "/unsubscribe/"))
	newsByHand(office, "秋祭りのお知らせ")
	s.letter(t, volunteer, "秋祭りのお知らせ", "/link/") // somebody else has it
	office.open("/dev/mails?to=" + address)
	office.without("秋祭りのお知らせ")
	leaver.open("/notifications")
	leaver.wantText("秋祭りのお知らせ") // it stands in the app
	s.digests(t)
}

// takeInByHand has the office take in a file with somebody who still works there.
func takeInByHand(office *person, address string) {
	office.t.Helper()
	file := filepath.Join(office.t.TempDir(), "people.csv")
	row := fmt.Sprintf("email,family_name,given_name,family_kana,given_kana,department,joined_on,left_on\n%s,安西,花子,アンザイ,ハナコ,人事部,%s,\n", address, time.Now().AddDate(-3, 0, 0).Format(time.DateOnly))
	if err := os.WriteFile(file, []byte(row), 0o600); err != nil {
		office.t.Fatal(err)
	}
	office.open("/people/import")
	office.page.MustElement(`[name="file"]`).MustSetFiles(file)
	office.press(`form[name="import"] [value="import"]`)
	office.until(office.path(), `[data-state="succeeded"]`)
}

// leavesToday has the office say that today is her last day, and write to her at once.
func leavesToday(office *person) {
	office.t.Helper()
	office.open("/people")
	office.press(`[data-test="member"]:first-child a`)
	office.wantText("安西 花子")
	office.fill("left_on", time.Now().In(jst()).Format(time.DateOnly))
	office.fill("departure", "自己都合")
	office.send(`form[name="stint"]`)
	office.shoot("leaving-departure")
	office.send(`form[name="write"]`)
	office.wantText("返答待ち")
	office.shoot("leaving-written")
}

// chooses follows the letter and stays in touch for news, and for nothing else.
func (s *stage) chooses(leaver *person, address string) {
	leaver.t.Helper()
	leaver.follow(s.letter(leaver.t, address, "ご退職にあたって", "/link/"))
	leaver.wantText("安西 花子さん、こんにちは")
	leaver.send(`form[name="link"]`)
	leaver.wantText("お疲れさまでした")
	leaver.shoot("leaving-asked")
	for purpose, yes := range map[string]bool{"work": false, "directory": false, "group": false, "news": true} {
		if box := leaver.page.MustElement(`[name="agree"][value="` + purpose + `"]`); box.MustProperty("checked").Bool() != yes {
			box.MustClick()
		}
	}
	leaver.press(`form[name="farewell"] [value="keep"]`)
	leaver.wantText("ご参加ありがとうございます")
	leaver.shoot("leaving-kept")
	leaver.open("/profile/consents")
	for purpose, yes := range map[string]bool{"work": false, "group": false, "news": true} {
		if got := leaver.page.MustElement(`[name="agree"][value="` + purpose + `"]`).MustProperty("checked").Bool(); got != yes {
			leaver.t.Errorf("what she said about %s was not kept: %v", purpose, got)
		}
	}
}

// stopsNews follows a letter's link where nobody is signed in.
func stopsNews(reader *person, stop string) {
	reader.t.Helper()
	reader.follow(stop)
	reader.wantText("「会社からのお知らせ」のメールを停止しますか")
	reader.shoot("leaving-stop")
	reader.send(`form[name="stop"]`)
	reader.wantText("「会社からのお知らせ」のメールを停止しました")
	reader.shoot("leaving-stopped")
}

// newsByHand has the office publish news, by mail as well.
func newsByHand(office *person, title string) {
	office.t.Helper()
	office.open("/news/new")
	office.fill("title", title)
	office.fill("body", "退職された方もぜひお越しください。")
	office.send(`form[name="news"]`)
	if box := office.page.MustElement(`[name="by_mail"]`); !box.MustProperty("checked").Bool() {
		box.MustClick()
	}
	office.press(`form[name="publish"] [value="publish"]`)
}

// digests looks at the letter that gathered two things for the approver, and stops it.
func (s *stage) digests(t *testing.T) {
	reader, address := s.stranger(t, 390), s.info.login(t, "approver").Email
	stop := s.letter(t, address, "新着のお知らせ2件", "/unsubscribe/")
	reader.open("/dev/mails?to=" + address)
	for _, says := range []string{"■ イベントのご案内", "秋の昼食会", "■ 会社からのお知らせ", "アルムナイの窓口を開きました"} {
		reader.wantText(says)
	}
	reader.shoot("leaving-digest")
	reader.follow(stop)
	reader.wantText("「まとめ」のメールを停止しますか")
	reader.send(`form[name="stop"]`)
	reader.wantText("「まとめ」のメールを停止しました")
	reader.shoot("leaving-digest-stopped")
}
