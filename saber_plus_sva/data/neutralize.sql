-- a copy of the database must never touch the platform's real users
UPDATE sva_integration
   SET token_sealed = NULL,
       token_home = NULL,
       base_url = '',
       token_url = NULL,
       connection_state = 'unknown',
       paused_until = NULL;
