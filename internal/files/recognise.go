package files

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
)

// Head is how many of a file's first bytes tell what it is.
const Head = 3072

// known are the names' endings that are taken, each with what its first bytes must show. Programs, scripts, pages and
// whatever runs when it is opened are not among them; Office's own formats with macros neither.
var known = map[string][]string{
	".pdf": {"application/pdf"}, ".png": {"image/png"}, ".jpg": {"image/jpeg"}, ".jpeg": {"image/jpeg"}, ".gif": {"image/gif"},
	".webp": {"image/webp"}, ".tif": {"image/tiff"}, ".tiff": {"image/tiff"}, ".bmp": {"image/bmp"},
	".heic": {"image/heic", "image/heif", "image/heic-sequence"}, ".heif": {"image/heif", "image/heic"},
	".docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/zip"},
	".xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip"},
	".pptx": {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "application/zip"},
	".odt":  {"application/vnd.oasis.opendocument.text"}, ".ods": {"application/vnd.oasis.opendocument.spreadsheet"},
	".odp": {"application/vnd.oasis.opendocument.presentation"},
	".doc": {"application/msword", "application/x-ole-storage"}, ".xls": {"application/vnd.ms-excel", "application/x-ole-storage"},
	".ppt": {"application/vnd.ms-powerpoint", "application/x-ole-storage"},
	".txt": {"text/plain"}, ".csv": {"text/plain"}, ".tsv": {"text/plain"}, ".md": {"text/plain"}, ".log": {"text/plain"}, ".json": {"text/plain"},
	".ics": {"text/calendar"}, ".eml": {"text/plain"}, ".rtf": {"text/rtf"},
	".zip": {"application/zip"}, ".mp3": {"audio/mpeg"}, ".m4a": {"audio/x-m4a", "video/mp4"}, ".wav": {"audio/wav"},
	".mp4": {"video/mp4"}, ".mov": {"video/quicktime"}, ".webm": {"video/webm"},
}

// never is what is not taken however the file is called.
var never = []string{"application/java-archive", "application/vnd.android.package-archive", "application/x-ms-installer", "text/html", "image/svg+xml",
	"text/x-php", "text/x-shellscript", "application/xhtml+xml"}

// Recognise says what a file is by its first bytes, up to [Head] of them, and the ending of its name. It is not ok for what is
// not taken, and where the two do not agree.
func Recognise(name string, head []byte) (media string, ok bool) {
	allowed := known[strings.ToLower(path.Ext(name))]
	found := mimetype.Detect(head)
	for _, bad := range never {
		if found.Is(bad) {
			return "", false
		}
	}
	for kind := found; kind != nil; kind = kind.Parent() {
		for _, media := range allowed {
			if kind.Is(media) {
				return allowed[0], true
			}
		}
	}
	return "", false
}

// longestName is how long a name may be, in bytes; file systems take 255.
const longestName = 200

// CleanName makes a name that can be shown, saved and put into a header of what somebody's machine called a file: without
// the way to it, without characters that cannot be seen or that turn the line around, and not too long, with its ending kept. A
// name of which nothing is left is "file".
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r), strings.ContainsRune(`<>:"|?*`, r), r == utf8.RuneError:
			return -1 // control and format characters, the overrides of direction among them
		}
		return r
	}, name)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	ending := path.Ext(name)
	if len(ending) > 12 {
		ending = ""
	}
	stem := strings.TrimSuffix(name, ending)
	for len(stem)+len(ending) > longestName {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	if stem = strings.TrimRight(stem, ". "); stem == "" {
		return "file" + ending
	}
	return stem + ending
}
