-- a copy of the database must never touch the platform's real users
UPDATE sva_integration
   SET token_sealed = NULL,
       token_home = NULL,
       base_url = '',
       token_url = NULL,
       connection_state = 'unknown',
       paused_until = NULL;

-- nor have the passwords that wait for it, which no key of the copy opens
UPDATE sva_user
   SET password_sealed = NULL
 WHERE password_sealed IS NOT NULL;

-- nor tell other programs of what happens in it
UPDATE sva_webhook
   SET secret_sealed = NULL,
       home = NULL,
       url = '',
       paused_until = NULL;
