package oneshot

import (
	"os"
	"path/filepath"
	"testing"
)

// media are the first bytes by which a kind is known.
var media = map[string]string{
	"image/png": "\x89PNG\r\n\x1a\n", "image/jpeg": "\xff\xd8\xff\xe0", "image/gif": "GIF89a", "image/webp": "RIFF\x10\x00\x00\x00WEBPVP8 ",
	"application/pdf": "%PDF-1.7\n",
}

// png is n bytes that begin as an image does.
func png(n int) string { return media["image/png"] + string(make([]byte, n-8)) }

// attaches gives a job files to attach.
func attaches(t *testing.T, job *Job, contents ...string) {
	t.Helper()
	for i, c := range contents {
		job.Input.Files = append(job.Input.Files, file(t, string(rune('a'+i)), c))
	}
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
