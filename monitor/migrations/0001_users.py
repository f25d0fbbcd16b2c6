import django.db.models.functions.text
import django.utils.timezone
import monitor.models.names
import monitor.models.users
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(error_messages={'unique': 'A user with this e-mail address exists already.'}, max_length=254, unique=True, verbose_name='e-mail address')),
                ('name', models.CharField(blank=True, max_length=150, validators=[monitor.models.names.refuse_web_addresses], verbose_name='name')),
                ('language', models.CharField(choices=[('zh-hans', 'Simplified Chinese'), ('en', 'English')], default='zh-hans', max_length=10, verbose_name='language')),
                ('time_zone', models.CharField(default=monitor.models.users.default_time_zone, max_length=64, validators=[monitor.models.users.validate_time_zone], verbose_name='time zone')),
                ('receives_mail', models.BooleanField(default=True, help_text="Alerts of this person's watchlists are e-mailed.", verbose_name='receives mail')),
                ('mail_how', models.CharField(choices=[('at_once', 'at once'), ('hourly', 'hourly digest'), ('daily', 'daily digest'), ('weekly', 'weekly digest')], default='at_once', help_text='Those of watchlists for which nothing else is chosen.', max_length=10, verbose_name='alerts are mailed')),
                ('digest_hour', models.PositiveSmallIntegerField(choices=[(0, '00:00'), (1, '01:00'), (2, '02:00'), (3, '03:00'), (4, '04:00'), (5, '05:00'), (6, '06:00'), (7, '07:00'), (8, '08:00'), (9, '09:00'), (10, '10:00'), (11, '11:00'), (12, '12:00'), (13, '13:00'), (14, '14:00'), (15, '15:00'), (16, '16:00'), (17, '17:00'), (18, '18:00'), (19, '19:00'), (20, '20:00'), (21, '21:00'), (22, '22:00'), (23, '23:00')], default=9, verbose_name='digests come at')),
                ('digest_weekday', models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], default=0, verbose_name='weekly digests come on')),
                ('quiet_from', models.PositiveSmallIntegerField(blank=True, choices=[(0, '00:00'), (1, '01:00'), (2, '02:00'), (3, '03:00'), (4, '04:00'), (5, '05:00'), (6, '06:00'), (7, '07:00'), (8, '08:00'), (9, '09:00'), (10, '10:00'), (11, '11:00'), (12, '12:00'), (13, '13:00'), (14, '14:00'), (15, '15:00'), (16, '16:00'), (17, '17:00'), (18, '18:00'), (19, '19:00'), (20, '20:00'), (21, '21:00'), (22, '22:00'), (23, '23:00')], null=True, verbose_name='quiet from')),
                ('quiet_to', models.PositiveSmallIntegerField(blank=True, choices=[(0, '00:00'), (1, '01:00'), (2, '02:00'), (3, '03:00'), (4, '04:00'), (5, '05:00'), (6, '06:00'), (7, '07:00'), (8, '08:00'), (9, '09:00'), (10, '10:00'), (11, '11:00'), (12, '12:00'), (13, '13:00'), (14, '14:00'), (15, '15:00'), (16, '16:00'), (17, '17:00'), (18, '18:00'), (19, '19:00'), (20, '20:00'), (21, '21:00'), (22, '22:00'), (23, '23:00')], null=True, verbose_name='quiet until')),
                ('next_digest_at', models.DateTimeField(editable=False, null=True, verbose_name='next digest')),
                ('is_staff', models.BooleanField(default=False, help_text='May use the admin and is told when polling stops.', verbose_name='operator')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('seen_at', models.DateTimeField(editable=False, null=True, verbose_name='last seen')),
                ('last_visit_at', models.DateTimeField(editable=False, null=True, verbose_name='previous visit')),
                ('alerts_read_before', models.DateTimeField(editable=False, null=True, verbose_name='alerts read before')),
                ('refused_address', models.EmailField(blank=True, editable=False, max_length=254, verbose_name='refused address')),
                ('refused_at', models.DateTimeField(editable=False, null=True, verbose_name='refused since')),
                ('refusal', models.CharField(blank=True, editable=False, max_length=500, verbose_name="the server's answer")),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='joined')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'indexes': [models.Index(condition=models.Q(('next_digest_at__isnull', False)), fields=['next_digest_at'], name='user_digest_due')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_unique_whatever_case', violation_error_message='A user with this e-mail address exists already.'), models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_to__isnull', True)), models.Q(('quiet_from__isnull', False), ('quiet_to__isnull', False), models.Q(('quiet_from', models.F('quiet_to')), _negated=True)), _connector='OR'), name='user_quiet_hours_begin_and_end', violation_error_message='Quiet hours begin at one hour and end at another.')],
            },
        ),
    ]
