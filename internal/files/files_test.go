package files_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"homecoming/internal/files"
	"homecoming/internal/files/filestest"
)

func TestADirectoryIsAStore(t *testing.T) {
	t.Parallel()
	at := filepath.Join(t.TempDir(), "kept", "files")
	s, err := files.Open("file://" + at)
	if err != nil {
		t.Fatal(err)
	}
	filestest.Conform(t, s)
	left := 0
	err = filepath.WalkDir(at, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left++
		}
		return err
	})
	if err != nil || left != 0 {
		t.Errorf("%d files are left over, %v", left, err)
	}
}

// TestABucketIsAStore needs a server that speaks S3 with an empty bucket, named as FILES_URL would: versitygw with a
// directory behind it does, see deploy/README.md.
func TestABucketIsAStore(t *testing.T) {
	t.Parallel()
	address := os.Getenv("FILES_TEST_URL")
	if address == "" {
		t.Skip("FILES_TEST_URL names no bucket to test with")
	}
	s, err := files.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	filestest.Conform(t, s)
}

func TestAnAddressIsReadOrRefusedWithoutShowingTheSecret(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"s3://key:hunter2@s3.example/files", "s3://key:hunter2@127.0.0.1:7070/files?tls=off&region=us-east-1&prefix=talk/"} {
		if _, err := files.Open(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "/var/files", "file://host/files", "file:", "s3://key:hunter2@s3.example", "s3://key@s3.example/files", "s3://s3.example/files",
		"s3://key:hunter2@s3.example/a/b", "s3://key:hunter2@s3.example/files?tls=maybe", "ftp://key:hunter2@s3.example/files", "s3://key:hunter2@s3.example%/files"} {
		if _, err := files.Open(bad); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestAFileIsWhatItsNameAndItsFirstBytesSay(t *testing.T) {
	t.Parallel()
	png, pdf, text := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), []byte("%PDF-1.7\n"), []byte("a,b\n1,2\n")
	for name, head := range map[string][]byte{"a.png": png, "A.PDF": pdf, "data.csv": text, "memo.md": []byte("# 議事録\n"), "sjis.csv": []byte("\x8c\x8e,\x8ez\n"),
		"sheet.xlsx": zipped(t, "[Content_Types].xml", "xl/workbook.xml"), "all.zip": zipped(t, "a.txt"), "empty.txt": {}} {
		if media, ok := files.Recognise(name, head); !ok || media == "" {
			t.Errorf("%s is refused", name)
		}
	}
	for name, head := range map[string][]byte{"a.png": pdf, "a.pdf": []byte("MZ\x90\x00\x03\x00\x00\x00"), "a.exe": []byte("MZ\x90\x00"), "run.txt": []byte("#!/bin/sh\nrm -rf /\n"),
		"page.txt": []byte("<!doctype html><script>alert(1)</script>"), "page.html": []byte("<html></html>"), "pic.svg": []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"),
		"none": text, "a.csv": {0, 1, 2, 3}, "a.zip": zipped(t, "META-INF/MANIFEST.MF"), "elf.txt": []byte("\x7fELF\x02\x01\x01")} {
		if media, ok := files.Recognise(name, head); ok {
			t.Errorf("%s is taken as %s", name, media)
		}
	}
}

func zipped(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNamesAreCleanedAndKeepTheirEnding(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"見積書 2027年.pdf": "見積書 2027年.pdf", "../../etc/passwd": "passwd", `C:\Users\yumi\Desktop\bill.pdf`: "bill.pdf", "": "file", "...": "file", ".pdf": "pdf",
		"bill\u202efdp.exe": "billfdp.exe", "a\x00b\r\nc.txt": "ab c.txt", "zero\u200bwidth.txt": "zerowidth.txt", `a"b<c>.txt`: "abc.txt", "a\xffb.txt": "ab.txt",
		"  two   spaces .txt": "two spaces.txt", strings.Repeat("長", 200) + ".xlsx": strings.Repeat("長", 65) + ".xlsx",
	} {
		if got := files.CleanName(name); got != want {
			t.Errorf("%q became %q, not %q", name, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, seed := range []string{"a.pdf", "../x", "\u202e.exe", "", ".", strings.Repeat("あ", 300), "a\xff.txt", "CON", ". . ."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := files.CleanName(name)
		if got == "" || len(got) > 220 || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\"\r\n\x00") || got[0] == '.' {
			t.Fatalf("%q became %q", name, got)
		}
		for _, r := range got {
			if !unicode.IsGraphic(r) {
				t.Fatalf("%q kept %U", name, r)
			}
		}
	})
}
