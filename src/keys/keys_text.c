#include "keys/keys_text.h"

#include <stdlib.h>
#include <string.h>

int keys_text_words(char **rest, char **words, int max)
{
    char *line = *rest, *end = strchr(line, '\n');
    if (!end)
        return 0;
    *end = '\0';
    *rest = end + 1;

    int count = 0;
    for (char *word = line; word; count++) {
        if (count == max)
            return 0;
        words[count] = word;
        word = strchr(word, ' ');
        if (word)
            *word++ = '\0';
    }
    return count;
}

bool keys_text_number(const char *word, unsigned long max, unsigned long *number)
{
    size_t digits = strspn(word, "0123456789");
    if (!digits || digits > 9 || word[digits])
        return false;
    *number = strtoul(word, NULL, 10);
    return *number <= max;
}
